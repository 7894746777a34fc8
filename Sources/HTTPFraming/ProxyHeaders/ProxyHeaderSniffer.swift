import Glibc

/// Who a proxy says the client is (PROXY protocol, haproxy's proxy-protocol.txt).
package enum ProxiedClient: Equatable, Sendable {
    /// The proxy speaks for itself (`LOCAL`, a health check): the peer that we see is the client.
    case proxyItself
    /// The proxy passes on somebody's bytes and cannot say whose (`UNKNOWN`, `UNSPEC`, a Unix socket).
    case unnamed
    /// `octets` in network order, first octet in the highest byte.
    case ipv4(octets: UInt32, port: UInt16)
    /// `high` holds the first eight octets in network order, `low` the last eight.
    case ipv6(high: UInt64, low: UInt64, port: UInt16)
}

/// Reads the header of the PROXY protocol, version 1 (a line) or 2 (binary), that a proxy sends before the first byte of
/// its client.
///
/// Keeps nothing between calls: the longest header is short (`longestBytes`), so reading it anew for each piece that
/// arrives costs less than remembering.
package enum ProxyHeaderSniffer {
    package enum Outcome: Equatable, Sendable {
        /// Not decided yet: call again with the same bytes and more behind them.
        case needMore
        /// The bytes do not begin like a header: they are the client's own.
        case absent
        /// The first `count` bytes are the header; what follows is the client's.
        case complete(ProxiedClient, count: Int)
        /// Begins like a header and is none: close (the specification's §2: never guess).
        case malformed
    }

    /// A line of version 1 with its CRLF: "worst case … 107 chars" (§2.1).
    package static let lineBytes = 107
    /// A header of version 2: 16 bytes and what it announces. 536 is the smallest segment a TCP sender must be able to
    /// send, and §2.2 asks senders to fit the header into one; that leaves 300 bytes for TLVs behind the longest address.
    package static let longestBytes = 536

    private static let linePrefix: StaticString = "PROXY "
    /// CR LF CR LF NUL CR LF "QUIT" LF (§2.2), which no HTTP parser takes for a request.
    private static let signature: StaticString = "\r\n\r\n\0\r\nQUIT\n"
    private static let fixedBytes = 16

    /// - Parameter bytes: everything received so far on the connection.
    ///
    /// SAFETY: `bytes` is read within its bounds during the call only.
    package static func sniff(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        if begins(bytes, linePrefix) {
            guard bytes.count >= linePrefix.utf8CodeUnitCount else { return .needMore }
            return sniffLine(bytes)
        }
        if begins(bytes, signature) {
            guard bytes.count >= fixedBytes else { return .needMore }
            return sniffBinary(bytes)
        }
        return .absent
    }

    /// Whether the bytes are the head of a request that is really a header of version 1, sent to somebody who does not
    /// accept it. (Version 2 is no HTTP at its fifth byte.)
    package static func isLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.hasPrefix(0, bytes.count, "PROXY TCP4 ") || bytes.hasPrefix(0, bytes.count, "PROXY TCP6 ")
            || bytes.hasPrefix(0, bytes.count, "PROXY UNKNOWN")
    }

    /// Whether as much of `text` as can be here is here.
    private static func begins(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard let start = bytes.baseAddress else { return true }
        return memcmp(start, text.utf8Start, min(bytes.count, text.utf8CodeUnitCount)) == 0
    }

    // MARK: Version 1

    private static func sniffLine(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        let limit = min(bytes.count, lineBytes)
        guard let end = bytes.firstIndex(of: .lineFeed, from: 0, to: limit) else {
            return bytes.count < lineBytes ? .needMore : .malformed
        }
        guard bytes[end - 1] == .carriageReturn else { return .malformed }
        var words = LineWords(start: linePrefix.utf8CodeUnitCount, end: end - 1)
        guard let family = words.next(in: bytes) else { return .malformed }
        // "the receiver must ignore anything presented before the CRLF is found" (§2.1).
        if bytes.equals(family.lowerBound, family.upperBound, "UNKNOWN") {
            return .complete(.unnamed, count: end + 1)
        }
        let isIPv4 = bytes.equals(family.lowerBound, family.upperBound, "TCP4")
        guard isIPv4 || bytes.equals(family.lowerBound, family.upperBound, "TCP6"),
            let source = words.next(in: bytes), let destination = words.next(in: bytes),
            let sourcePort = words.next(in: bytes).flatMap({ port(bytes, $0) }),
            words.next(in: bytes).flatMap({ port(bytes, $0) }) != nil, words.isAtEnd
        else { return .malformed }
        let client = isIPv4 ? ipv4(bytes, source, sourcePort) : ipv6(bytes, source, sourcePort)
        let target = isIPv4 ? ipv4(bytes, destination, 0) : ipv6(bytes, destination, 0)
        guard let client, target != nil else { return .malformed }
        return .complete(client, count: end + 1)
    }

    /// The words of a line, one space between each two.
    private struct LineWords {
        var start: Int
        let end: Int
        var isAtEnd: Bool { start > end }

        mutating func next(in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
            guard start < end else { return nil }
            let stop = bytes.firstIndex(of: .space, from: start, to: end) ?? end
            defer { start = stop + 1 }
            return stop > start ? start..<stop : nil
        }
    }

    /// 0 to 65535 without leading zeros.
    private static func port(_ bytes: UnsafeRawBufferPointer, _ word: Range<Int>) -> UInt16? {
        guard word.count <= 5, word.count == 1 || bytes[word.lowerBound] != UInt8(ascii: "0") else { return nil }
        var value: UInt32 = 0
        for index in word {
            guard bytes[index].isDigit else { return nil }
            value = value * 10 + UInt32(bytes[index] - UInt8(ascii: "0"))
        }
        return UInt16(exactly: value)
    }

    private static func ipv4(_ bytes: UnsafeRawBufferPointer, _ word: Range<Int>, _ port: UInt16) -> ProxiedClient? {
        octets(of: bytes, word, AF_INET).map { .ipv4(octets: UInt32($0.high >> 32), port: port) }
    }

    private static func ipv6(_ bytes: UnsafeRawBufferPointer, _ word: Range<Int>, _ port: UInt16) -> ProxiedClient? {
        octets(of: bytes, word, AF_INET6).map { .ipv6(high: $0.high, low: $0.low, port: port) }
    }

    /// inet_pton(3), which takes what its counterpart in the proxy writes – mapped addresses in dots included – and no
    /// zones, octal or shortened forms.
    /// - Returns: the address in network order; an IPv4 address takes the first four octets.
    private static func octets(
        of bytes: UnsafeRawBufferPointer, _ word: Range<Int>, _ family: Int32
    ) -> (high: UInt64, low: UInt64)? {
        // A NUL within the word would end the text early, and the rest of the word would go unread.
        guard word.count < Int(INET6_ADDRSTRLEN), !word.contains(where: { bytes[$0] == 0 }) else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            for (offset, index) in word.enumerated() { text[offset] = CChar(truncatingIfNeeded: bytes[index]) }
            text[word.count] = 0
            return withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { octets in
                octets.initializeMemory(as: UInt8.self, repeating: 0)
                // SAFETY: the text ends with its NUL, and no family's form is longer than 16 octets.
                guard inet_pton(family, text.baseAddress, octets.baseAddress) == 1 else { return nil }
                return (number(UnsafeRawBufferPointer(octets), 0), number(UnsafeRawBufferPointer(octets), 8))
            }
        }
    }

    // MARK: Version 2

    private static func sniffBinary(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        let count = fixedBytes + Int(bytes[14]) << 8 + Int(bytes[15])
        guard bytes[12] >> 4 == 2, count <= longestBytes else { return .malformed }
        switch bytes[12] & 0xF {
        // LOCAL: whatever else the header holds is to be skipped.
        case 0: return bytes.count < count ? .needMore : .complete(.proxyItself, count: count)
        case 1: break
        case _: return .malformed
        }
        let addressBytes: Int
        switch bytes[13] {
        case 0x00: addressBytes = 0
        case 0x11: addressBytes = 12
        case 0x21: addressBytes = 36
        case 0x31: addressBytes = 216
        // Datagrams do not arrive on a stream, and other values "must be rejected as invalid" (§2.2).
        case _: return .malformed
        }
        guard count >= fixedBytes + addressBytes else { return .malformed }
        guard bytes.count >= count else { return .needMore }
        switch bytes[13] {
        case 0x11:
            let octets = UInt32(truncatingIfNeeded: number(bytes, fixedBytes) >> 32)
            return .complete(.ipv4(octets: octets, port: port(bytes, at: fixedBytes + 8)), count: count)
        case 0x21:
            let (high, low) = (number(bytes, fixedBytes), number(bytes, fixedBytes + 8))
            return .complete(.ipv6(high: high, low: low, port: port(bytes, at: fixedBytes + 32)), count: count)
        case _: return .complete(.unnamed, count: count)
        }
    }

    private static func port(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt16 {
        UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    /// Eight octets in network order.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

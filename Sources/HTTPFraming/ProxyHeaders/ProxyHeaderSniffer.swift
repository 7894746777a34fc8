import Glibc

/// Reads the header of the PROXY protocol, version 1 (a line) or 2 (binary), that a proxy sends before the first byte of
/// its client.
///
/// Keeps nothing between calls: until a header is whole, only its beginning is looked at for each piece that arrives, which
/// costs less than remembering.
package enum ProxyHeaderSniffer {
    /// What the first bytes of a connection are.
    package enum Outcome: Equatable, Sendable {
        /// Not decided yet: call again with the same bytes and more behind them.
        case needMore
        /// The bytes do not begin like a header: they are the client's own.
        case absent
        /// The first `count` bytes are the header; what follows is the client's.
        case complete(ProxiedClient, ClientTransport, count: Int)
        /// Begins like a header and is none: close (the specification's §2: never guess).
        case malformed(ProxyHeaderFault)
    }

    /// A line of version 1 with its CRLF: "worst case … 107 chars" (§2.1).
    package static let lineBytes = 107
    /// A header of version 2: 16 bytes and what it announces. HAProxy sends up to 547 with the name that a TLS client asked
    /// for; certificates in TLVs make some thousands. A connection holds that much until the header is whole.
    package static let longestBytes = 4096

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
    /// accept it.
    package static func isLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.hasPrefix(0, bytes.count, "PROXY TCP4 ") || bytes.hasPrefix(0, bytes.count, "PROXY TCP6 ")
            || bytes.hasPrefix(0, bytes.count, "PROXY UNKNOWN")
    }

    /// Whether the bytes, which are no HTTP, are a header that nobody waited for. Version 2 is no HTTP at its fifth byte,
    /// and nothing else begins with these five.
    package static func isHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isLine(bytes) || bytes.hasPrefix(0, bytes.count, "\r\n\r\n\0") && begins(bytes, signature)
    }

    /// How long a header says that it is, for a log; of a line as much as is here.
    package static func announcedBytes(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count >= fixedBytes, bytes.hasPrefix(0, bytes.count, signature) else { return bytes.count }
        return fixedBytes + Int(bytes[14]) << 8 + Int(bytes[15])
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
            return bytes.count < lineBytes ? .needMore : .malformed(.lineTooLong)
        }
        guard bytes[end - 1] == .carriageReturn else { return .malformed(.badLine) }
        var words = LineWords(start: linePrefix.utf8CodeUnitCount, end: end - 1)
        guard let family = words.next(in: bytes) else { return .malformed(.badLine) }
        // "the receiver must ignore anything presented before the CRLF is found" (§2.1).
        if bytes.equals(family.lowerBound, family.upperBound, "UNKNOWN") {
            return .complete(.unnamed, .plain, count: end + 1)
        }
        let isIPv4 = bytes.equals(family.lowerBound, family.upperBound, "TCP4")
        guard isIPv4 || bytes.equals(family.lowerBound, family.upperBound, "TCP6"),
            let source = words.next(in: bytes), let destination = words.next(in: bytes),
            let sourcePort = words.next(in: bytes).flatMap({ port(bytes, $0) }),
            words.next(in: bytes).flatMap({ port(bytes, $0) }) != nil, words.isAtEnd
        else { return .malformed(.badLine) }
        let client = isIPv4 ? ipv4(bytes, source, sourcePort) : ipv6(bytes, source, sourcePort)
        let target = isIPv4 ? ipv4(bytes, destination, 0) : ipv6(bytes, destination, 0)
        guard let client, target != nil else { return .malformed(.badLine) }
        return .complete(client, .plain, count: end + 1)
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
        let count = announcedBytes(bytes)
        guard bytes[12] >> 4 == 2 else { return .malformed(.unknownVersion) }
        guard count <= longestBytes else { return .malformed(.headerTooLong) }
        switch bytes[12] & 0xF {
        // LOCAL: whatever else the header holds is to be skipped.
        case 0: return bytes.count < count ? .needMore : .complete(.proxyItself, .plain, count: count)
        case 1: break
        case _: return .malformed(.unknownCommand)
        }
        let addressEnd: Int
        switch bytes[13] {
        case 0x00: addressEnd = fixedBytes
        case 0x11: addressEnd = fixedBytes + 12
        case 0x21: addressEnd = fixedBytes + 36
        case 0x31: addressEnd = fixedBytes + 216
        // Datagrams do not arrive on a stream, and other values "must be rejected as invalid" (§2.2).
        case _: return .malformed(.unknownFamily)
        }
        guard count >= addressEnd else { return .malformed(.noRoomForAddresses) }
        guard bytes.count >= count else { return .needMore }
        guard let transport = ProxyHeaderTLVs.transport(in: bytes, addressEnd, count) else {
            return .malformed(.badTLVLength)
        }
        return .complete(client(bytes, family: bytes[13]), transport, count: count)
    }

    private static func client(_ bytes: UnsafeRawBufferPointer, family: UInt8) -> ProxiedClient {
        switch family {
        case 0x11:
            let octets = UInt32(truncatingIfNeeded: number(bytes, fixedBytes) >> 32)
            return .ipv4(octets: octets, port: port(bytes, at: fixedBytes + 8))
        case 0x21:
            let (high, low) = (number(bytes, fixedBytes), number(bytes, fixedBytes + 8))
            return .ipv6(high: high, low: low, port: port(bytes, at: fixedBytes + 32))
        case _: return .unnamed
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

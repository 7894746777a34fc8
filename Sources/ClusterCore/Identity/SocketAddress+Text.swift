extension SocketAddress {
    /// The address without its port; IPv4 seen through an IPv6 listener is the IPv4 address that it stands for.
    package var ip: IPAddress {
        switch self {
        case .ipv4(let octets, _): IPAddress(ipv4: octets)
        case .ipv6(let high, let low, _, _): IPAddress(high: high, low: low)
        }
    }

    /// A mapped IPv4 address becomes an IPv4 one. Names no interface: a link-local address is not reached by it.
    package init(_ ip: IPAddress, port: UInt16) {
        self =
            ip.isIPv4
            ? .ipv4(octets: UInt32(truncatingIfNeeded: ip.low), port: port)
            : .ipv6(high: ip.high, low: ip.low, port: port, scope: 0)
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `10.0.0.1:8084` or `[::1]:8084`.
    package var description: String {
        ip.isIPv4 ? "\(ip.text):\(port)" : "[\(ip.text)]:\(port)"
    }
}

extension IPAddress {
    /// The address as text, as RFC 5952 §4 writes it: `192.0.2.7`, `2001:db8::7`.
    package var text: String {
        String(unsafeUninitializedCapacity: IPAddress.textBytes) { writeText(into: UnsafeMutableRawBufferPointer($0)) }
    }

    /// The most bytes that `writeText(into:)` writes: eight groups of four and seven colons.
    package static let textBytes = 39

    /// Writes `text` without making a `String`, for the request path.
    /// - Parameter output: at least `textBytes` long.
    /// - Returns: bytes written; 0 when there is no room.
    package func writeText(into output: UnsafeMutableRawBufferPointer) -> Int {
        guard output.count >= IPAddress.textBytes else { return 0 }
        var writer = TextWriter(output: output)
        if isIPv4 {
            for shift in [24, 16, 8, 0] as [UInt64] {
                if shift != 24 { writer.put(UInt8(ascii: ".")) }
                writer.put(low >> shift & 255, radix: 10)
            }
            return writer.count
        }
        let zeros = longestZeroRun
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, !zeros.isEmpty {
                writer.put(UInt8(ascii: ":"))
                writer.put(UInt8(ascii: ":"))
                index = zeros.upperBound
                continue
            }
            if index > 0, index != zeros.upperBound || zeros.isEmpty { writer.put(UInt8(ascii: ":")) }
            writer.put(group(index), radix: 16)
            index += 1
        }
        return writer.count
    }

    private func group(_ index: Int) -> UInt64 {
        (index < 4 ? high : low) >> UInt64(48 - index % 4 * 16) & 0xFFFF
    }

    /// The groups that `::` stands for: the longest run of at least two zeros, of equal ones the first (RFC 5952 §4.2).
    private var longestZeroRun: Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || group(index) != 0 {
            if index - start > max(best.count, 1) { best = start..<index }
            start = index + 1
        }
        return best
    }
}

/// Appends numbers to a buffer that is known to be long enough.
private struct TextWriter {
    // SAFETY: `IPAddress.writeText(into:)` checked that the longest address fits, and the writer does not outlive its call.
    let output: UnsafeMutableRawBufferPointer
    var count = 0

    mutating func put(_ byte: UInt8) {
        output[count] = byte
        count += 1
    }

    mutating func put(_ number: UInt64, radix: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= radix { divisor *= radix }
        while divisor > 0 {
            let digit = UInt8(truncatingIfNeeded: number / divisor % radix)
            put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            divisor /= radix
        }
    }
}

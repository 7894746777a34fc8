/// An IPv4 or IPv6 address as 128 bits. IPv4 is held in its mapped form `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2), so that an
/// IPv4 client which a dual-stack listener reports as mapped equals the same client seen by an IPv4 listener.
package struct IPAddress: Hashable, Sendable {
    /// The first eight octets in network order.
    package let high: UInt64
    /// The last eight octets in network order.
    package let low: UInt64

    private static let mappedPrefix: UInt64 = 0xFFFF_0000_0000

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter octets: in network order, first octet in the highest byte.
    package init(ipv4 octets: UInt32) {
        self.init(high: 0, low: IPAddress.mappedPrefix | UInt64(octets))
    }

    /// Reads `192.0.2.1`, `2001:db8::1` or `::ffff:192.0.2.1`; no brackets, port, scope or leading zeros in IPv4, which
    /// some readers take for octal. Nil for anything else.
    package init?(parsing text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let groups = IPAddress.groups(text) else { return nil }
            self.init(high: IPAddress.joined(groups[0..<4]), low: IPAddress.joined(groups[4..<8]))
        } else {
            guard let octets = IPAddress.octets(text[...]) else { return nil }
            self.init(ipv4: octets)
        }
    }

    /// Whether it is an IPv4 address in its mapped form.
    package var isIPv4: Bool { high == 0 && low >> 32 == IPAddress.mappedPrefix >> 32 }

    /// Whether the first `bits` of all 128 are the same in both.
    package func sharesPrefix(of bits: Int, with other: IPAddress) -> Bool {
        let highMask: UInt64 = bits >= 64 ? .max : bits <= 0 ? 0 : ~(.max >> UInt64(bits))
        let lowMask: UInt64 = bits >= 128 ? .max : bits <= 64 ? 0 : ~(.max >> UInt64(bits - 64))
        return (high ^ other.high) & highMask == 0 && (low ^ other.low) & lowMask == 0
    }

    private static func octets(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: UInt32 = 0
        for part in parts {
            guard isNumber(part), part.count <= 3, part.count == 1 || part.first != "0", let octet = UInt8(part) else {
                return nil
            }
            octets = octets << 8 | UInt32(octet)
        }
        return octets
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    /// The eight groups of an IPv6 text (RFC 4291 §2.2), `::` filled in.
    private static func groups(_ text: String) -> [UInt16]? {
        guard text.utf8.count <= 45 else { return nil }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2, let first = halves.first, let front = sequence(first) else { return nil }
        guard halves.count == 2 else { return front.count == 8 ? front : nil }
        guard let back = sequence(halves[1]), front.count + back.count <= 7 else { return nil }
        return front + Array(repeating: 0, count: 8 - front.count - back.count) + back
    }

    private static func sequence(_ text: Substring) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(".") {
                guard let octets = octets(part) else { return nil }
                groups += [UInt16(octets >> 16), UInt16(octets & 0xFFFF)]
            } else {
                let isHexadecimal = part.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
                guard !part.isEmpty, part.utf8.count <= 4, isHexadecimal, let group = UInt16(part, radix: 16) else {
                    return nil
                }
                groups.append(group)
            }
        }
        return groups.count <= 8 ? groups : nil
    }

    private static func joined(_ groups: ArraySlice<UInt16>) -> UInt64 {
        groups.reduce(0) { $0 << 16 | UInt64($1) }
    }
}

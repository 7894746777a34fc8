/// A block of addresses in CIDR notation (RFC 4632): `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let base: IPAddress
    /// Of 128 bits; an IPv4 block's own length plus 96.
    private let prefixBits: Int
    private let text: String

    /// - Throws: `InvalidAddressRange` when the address or the length is none, or when address bits are set behind the
    ///   prefix: `10.0.0.7/8` is more often a slip than meant.
    package init(parsing text: String) throws(InvalidAddressRange) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(parsing: String(first)) else {
            throw InvalidAddressRange(text: text)
        }
        // Mapped texts (::ffff:10.0.0.0/104) count their bits as IPv6 does.
        let isDotted = !first.utf8.contains(UInt8(ascii: ":"))
        var bits = 128
        if parts.count == 2 {
            guard parts[1].first != "+", let length = UInt8(parts[1]), Int(length) <= (isDotted ? 32 : 128) else {
                throw InvalidAddressRange(text: text)
            }
            bits = Int(length) + (isDotted ? 96 : 0)
        }
        self.base = base
        prefixBits = bits
        self.text = text
        guard hasNoBitsBehindPrefix else { throw InvalidAddressRange(text: text) }
    }

    private init(base: IPAddress, prefixBits: Int, text: String) {
        self.base = base
        self.prefixBits = prefixBits
        self.text = text
    }

    private var hasNoBitsBehindPrefix: Bool {
        let highTail: UInt64 = prefixBits >= 64 ? 0 : .max >> UInt64(prefixBits)
        let lowTail: UInt64 = prefixBits >= 128 ? 0 : prefixBits <= 64 ? .max : .max >> UInt64(prefixBits - 64)
        return base.high & highTail == 0 && base.low & lowTail == 0
    }

    /// This machine itself: `127.0.0.0/8` and `::1`.
    package static let loopback: [AddressRange] = [
        AddressRange(base: IPAddress(ipv4: 0x7F00_0000), prefixBits: 104, text: "127.0.0.0/8"),
        AddressRange(base: IPAddress(high: 0, low: 1), prefixBits: 128, text: "::1/128"),
    ]

    /// Whether the address lies in the block; IPv4 is compared in its mapped form, however it was written.
    package func contains(_ address: IPAddress) -> Bool { address.sharesPrefix(of: prefixBits, with: base) }

    package var description: String { text }
}

/// A text that was meant to be a block of addresses and is none.
package struct InvalidAddressRange: Error, Equatable, CustomStringConvertible {
    /// As it was given.
    package let text: String

    package var description: String {
        "\"\(text)\" is not a block of addresses: write for example 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32"
    }
}

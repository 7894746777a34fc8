extension IPAddress {
    /// Reads one element of `X-Forwarded-For` as proxies write it, which no specification says: an address alone, an IPv4
    /// address with a port, an IPv6 address in brackets, with a port or without (`203.0.113.7:51234`,
    /// `[2001:db8::7]:51234`). Blanks around it do not count. Nil for anything else.
    package init?(hop text: some StringProtocol) {
        let bytes = Array(text.utf8).trimmingBlanks
        guard bytes.first == UInt8(ascii: "[") else {
            // With a second colon it is IPv6, whose last group nobody could tell from a port.
            let parts = bytes.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                self.init(parsing: String(decoding: bytes, as: UTF8.self))
                return
            }
            guard IPAddress.isPort(parts[1]) else { return nil }
            self.init(parsing: String(decoding: parts[0], as: UTF8.self))
            return
        }
        let inside = bytes.dropFirst()
        guard let close = inside.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let (address, rest) = (inside[..<close], inside[(close + 1)...])
        guard address.contains(UInt8(ascii: ":")) else { return nil }
        guard rest.isEmpty || rest.first == UInt8(ascii: ":") && IPAddress.isPort(rest.dropFirst()) else { return nil }
        self.init(parsing: String(decoding: address, as: UTF8.self))
    }

    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard (1...5).contains(text.count), text.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= Int(UInt16.max)
    }
}

extension [UInt8] {
    fileprivate var trimmingBlanks: ArraySlice<UInt8> {
        let isText = { (byte: UInt8) in byte != 0x20 && byte != 0x09 }
        guard let first = firstIndex(where: isText), let last = lastIndex(where: isText) else { return [] }
        return self[first...last]
    }
}

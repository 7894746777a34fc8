/// The authority of a target in absolute form.
struct TargetAuthority {
    var range: Range<Int>
    /// The scheme's.
    var defaultPort: StaticString

    /// Whether `Host` names the same: but for the case of letters, and for a port that is empty or the scheme's own
    /// (RFC 9110 §4.2.3).
    func isHost(_ host: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.matches(
            bytes.withoutPort(range, impliedBy: defaultPort), bytes.withoutPort(host, impliedBy: defaultPort))
    }
}

extension UnsafeRawBufferPointer {
    /// A host, without a port that is empty or `port`.
    fileprivate func withoutPort(_ host: Range<Int>, impliedBy port: StaticString) -> Range<Int> {
        var start = host.upperBound
        while start > host.lowerBound, self[start - 1].isDigit { start -= 1 }
        // A colon with only digits behind it begins the port: an address's colons have a bracket behind them.
        guard start > host.lowerBound, self[start - 1] == UInt8(ascii: ":") else { return host }
        guard start == host.upperBound || equals(start, host.upperBound, port) else { return host }
        return host.lowerBound..<(start - 1)
    }

    /// Whether `range` is `uri-host [":" port]` (RFC 9110 §7.2), without the comma that RFC 3986 would allow: a host that
    /// reads as a list, or with a second colon, is an attempt to be read twice.
    func isHost(_ range: Range<Int>) -> Bool {
        guard let first = range.first else { return false }
        let nameEnd = self[first] == UInt8(ascii: "[") ? addressEnd(range) : registeredNameEnd(range)
        guard let nameEnd, nameEnd > range.lowerBound else { return false }
        guard nameEnd < range.upperBound else { return true }
        guard self[nameEnd] == UInt8(ascii: ":") else { return false }
        let port = (nameEnd + 1)..<range.upperBound
        return port.count <= 5 && port.allSatisfy { self[$0].isDigit }
    }

    /// The offset after `[…]` with an IPv6 address in it, as far as its characters tell.
    private func addressEnd(_ range: Range<Int>) -> Int? {
        let start = range.lowerBound + 1
        guard let bracket = firstIndex(of: UInt8(ascii: "]"), from: start, to: range.upperBound) else { return nil }
        for index in start..<bracket {
            let byte = self[index]
            guard byte.hexadecimalValue != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") else {
                return nil
            }
        }
        return firstIndex(of: UInt8(ascii: ":"), from: start, to: bracket) == nil ? nil : bracket + 1
    }

    /// The offset after a registered name or an IPv4 address.
    private func registeredNameEnd(_ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound, self[index] != UInt8(ascii: ":") {
            let byte = self[index]
            guard byte.isHostByte, byte != UInt8(ascii: "["), byte != UInt8(ascii: "]") else { return nil }
            if byte == UInt8(ascii: "%") {
                guard index + 2 < range.upperBound, self[index + 1].hexadecimalValue != nil,
                    self[index + 2].hexadecimalValue != nil
                else { return nil }
                index += 2
            }
            index += 1
        }
        return index
    }
}

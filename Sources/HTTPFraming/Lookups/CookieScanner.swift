/// Looks up one cookie in the value of a `Cookie` field (RFC 6265 §4.2.1: `name=value; name=value`).
package enum CookieScanner {
    /// The first cookie of exactly this name; its value as sent, quotes included.
    ///
    /// - Parameter field: where the value of the `Cookie` field lies in `bytes`.
    /// - Returns: where the cookie's value lies in `bytes`; `nil` when there is none of that name.
    package static func value(
        of name: StaticString, in field: ByteRange, of bytes: UnsafeRawBufferPointer
    ) -> ByteRange? {
        bytes.namedValue(name, in: field, separator: UInt8(ascii: ";"))
    }
}

extension UnsafeRawBufferPointer {
    /// The value of the first `name=value` of exactly this name among those that `separator` separates, blanks around
    /// the pair left out.
    func namedValue(_ name: StaticString, in range: ByteRange, separator: UInt8) -> ByteRange? {
        guard Int(range.end) <= count else { return nil }
        let end = Int(range.end)
        var start = Int(range.start)
        while start < end {
            let stop = firstIndex(of: separator, from: start, to: end) ?? end
            let pair = trimmed(start, stop)
            let nameEnd = pair.lowerBound + name.utf8CodeUnitCount
            if nameEnd <= pair.upperBound, hasPrefix(pair.lowerBound, pair.upperBound, name) {
                if nameEnd == pair.upperBound { return ByteRange(nameEnd, nameEnd) }
                if self[nameEnd] == UInt8(ascii: "=") { return ByteRange(nameEnd + 1, pair.upperBound) }
            }
            start = stop + 1
        }
        return nil
    }
}

/// Finds who a request came from first, by what a trusted proxy says.
package enum ForwardedForScanner {
    /// The first element of the head's first `X-Forwarded-For`, without port or brackets, which some proxies add: the port
    /// would make each connection of a client look like another client.
    ///
    /// - Parameter fields: of the head that was sniffed from `bytes`.
    /// - Returns: `nil` when there is none.
    package static func firstAddress(
        in fields: borrowing HeadFieldTable, of bytes: UnsafeRawBufferPointer
    ) -> ByteRange? {
        for index in 0..<fields.count where fields[index].name == .xForwardedFor && !fields[index].value.isEmpty {
            var elements = FieldListCursor(fields[index].value)
            guard let element = elements.next(in: bytes), !element.isEmpty else { return nil }
            return bare(element, of: bytes)
        }
        return nil
    }

    private static func bare(_ element: Range<Int>, of bytes: UnsafeRawBufferPointer) -> ByteRange {
        let (start, end) = (element.lowerBound, element.upperBound)
        if bytes[start] == UInt8(ascii: "[") {
            let close = bytes.firstIndex(of: UInt8(ascii: "]"), from: start, to: end) ?? end
            return ByteRange(start + 1, close)
        }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), from: start, to: end),
            bytes.firstIndex(of: UInt8(ascii: ":"), from: colon + 1, to: end) == nil
        else { return ByteRange(start, end) }
        return ByteRange(start, colon)
    }
}

/// Looks up one parameter in a query (`a=1&b=2`), without decoding: names and values are compared as sent.
package enum QueryScanner {
    /// The first parameter of exactly this name.
    ///
    /// - Parameter query: where the query, without `?`, lies in `bytes`.
    /// - Returns: where the value lies in `bytes` (empty for `name` and `name=`); `nil` when there is none of that name.
    package static func value(
        of name: StaticString, in query: ByteRange, of bytes: UnsafeRawBufferPointer
    ) -> ByteRange? {
        bytes.namedValue(name, in: query, separator: UInt8(ascii: "&"))
    }
}

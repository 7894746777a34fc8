/// Looks up one cookie in the value of a `Cookie` field (RFC 6265 §4.2.1: `name=value; name=value`).
package enum CookieScanner {
    /// The first cookie of exactly this name, without the double quotes that may surround its value.
    ///
    /// - Parameter field: where the value of the `Cookie` field lies in `bytes`.
    /// - Returns: where the cookie's value lies in `bytes`; `nil` when there is none of that name.
    package static func value(
        of name: StaticString, in field: ByteRange, of bytes: UnsafeRawBufferPointer
    ) -> ByteRange? {
        nil
    }
}

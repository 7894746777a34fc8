/// Recognises, while a trailer field's name comes byte by byte, the names that have no business behind a body: those of
/// framing, routing, authentication and content that RFC 9110 §6.5.1 bars from trailers, those that we stamp, and those
/// that claim an origin. A server that merges trailers into the head would otherwise read a second head out of the body.
///
/// `_` counts as `-`, as some servers read it.
struct TrailerName: Sendable {
    /// At most 32, in lower case. One that ends in `-` stands for every name that begins so.
    private static let forbidden: [StaticString] = [
        "authorization", "cf-connecting-ip", "connection", "content-encoding", "content-length", "content-range",
        "content-type", "cookie", "expect", "fastly-client-ip", "forwarded", "forwarded-for", "host", "http2-settings",
        "keep-alive", "proxy-authorization", "proxy-connection", "set-cookie", "te", "trailer", "transfer-encoding",
        "true-client-ip", "upgrade", "x-client-ip", "x-cluster-client-ip", "x-forwarded", "x-forwarded-", "x-original-",
        "x-originating-ip", "x-real-ip", "x-routed-",
    ]

    /// Bit n: `forbidden[n]` begins with the bytes so far.
    private var candidates: UInt32 = .max
    private var length: UInt8 = 0
    /// Whether the bytes so far are one of those names.
    private var isWhole = false
    private var hasForbiddenBeginning = false

    mutating func append(_ byte: UInt8) {
        isWhole = false
        guard candidates != 0 else { return }
        let lowercased = byte.asciiLowercased
        let dashed = lowercased == UInt8(ascii: "_") ? UInt8(ascii: "-") : lowercased
        var remaining: UInt32 = 0
        for (index, name) in TrailerName.forbidden.enumerated() where candidates &>> UInt32(index) & 1 == 1 {
            guard Int(length) < name.utf8CodeUnitCount, isByte(dashed, of: name) else { continue }
            remaining |= 1 &<< UInt32(index)
            if Int(length) + 1 == name.utf8CodeUnitCount { isWhole = true }
        }
        if isWhole, dashed == UInt8(ascii: "-") { hasForbiddenBeginning = true }
        candidates = remaining
        // Stays small: past the longest name there are no candidates, and nothing is counted any more.
        length += 1
    }

    // SAFETY: `length` is below the name's length, which the caller has checked.
    private func isByte(_ byte: UInt8, of name: StaticString) -> Bool { name.utf8Start[Int(length)] == byte }

    /// Whether the name, now whole, is one of those.
    var isForbidden: Bool { isWhole || hasForbiddenBeginning }
}

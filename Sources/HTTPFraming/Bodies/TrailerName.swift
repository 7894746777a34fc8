/// Recognises, while a trailer field's name comes byte by byte, the names that have no business behind a body: those of
/// framing, routing, authentication and content that RFC 9110 §6.5.1 bars from trailers, and those that we stamp. A
/// server that merges trailers into the head would otherwise read a second head out of the body.
struct TrailerName: Sendable {
    /// At most 32, in lower case.
    private static let forbidden: [StaticString] = [
        "authorization", "connection", "content-encoding", "content-length", "content-range", "content-type",
        "content_length", "cookie", "expect", "forwarded", "host", "http2-settings", "keep-alive",
        "proxy-authorization", "proxy-connection", "set-cookie", "te", "trailer", "transfer-encoding",
        "transfer_encoding", "upgrade", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
        "x-routed-node", "x-routed-to", "x-routed-via",
    ]

    /// Bit n: `forbidden[n]` begins with the bytes so far.
    private var candidates: UInt32 = .max
    private var length: UInt8 = 0

    mutating func append(_ byte: UInt8) {
        guard candidates != 0 else { return }
        let lowercased = byte.asciiLowercased
        var remaining: UInt32 = 0
        for (index, name) in TrailerName.forbidden.enumerated() where candidates &>> UInt32(index) & 1 == 1 {
            if Int(length) < name.utf8CodeUnitCount, isByte(lowercased, of: name) { remaining |= 1 &<< UInt32(index) }
        }
        candidates = remaining
        // Stays small: past the longest name there are no candidates, and nothing is counted any more.
        length += 1
    }

    // SAFETY: `length` is below the name's length, which the caller has checked.
    private func isByte(_ byte: UInt8, of name: StaticString) -> Bool { name.utf8Start[Int(length)] == byte }

    /// Whether the name, now whole, is one of those.
    var isForbidden: Bool {
        guard candidates != 0 else { return false }
        for (index, name) in TrailerName.forbidden.enumerated()
        where candidates &>> UInt32(index) & 1 == 1 && name.utf8CodeUnitCount == Int(length) { return true }
        return false
    }
}

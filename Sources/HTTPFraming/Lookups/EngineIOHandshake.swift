/// Reads the session id that a node issues in its first polling response: `0{"sid":"…",…}` (Engine.IO protocol 4).
package enum EngineIOHandshake {
    /// - Parameter body: the first bytes of an uncoded response body, chunk framing removed; at most
    ///   `FramingLimits.handshakeBytes` of them are searched.
    /// - Returns: where the session id lies in `body`; `nil` when this is no handshake or the id is not whole.
    package static func sessionID(in body: UnsafeRawBufferPointer) -> ByteRange? {
        let opening: StaticString = "0{\"sid\":\""
        let end = min(body.count, FramingLimits.handshakeBytes)
        guard body.hasPrefix(0, end, opening) else { return nil }
        let start = opening.utf8CodeUnitCount
        guard let quote = body.firstIndex(of: UInt8(ascii: "\""), from: start, to: end) else { return nil }
        guard quote > start, quote - start <= FramingLimits.sessionIDBytes else { return nil }
        // Engine.IO's ids are URL-safe base64. Anything else would not come back in a query as it is written here.
        for index in start..<quote where !body[index].isSessionIDByte { return nil }
        return ByteRange(start, quote)
    }
}

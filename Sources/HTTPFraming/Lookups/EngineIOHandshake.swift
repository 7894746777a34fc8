/// Reads the session id that a node issues in its first polling response: `0{"sid":"…",…}` (Engine.IO protocol 4).
package enum EngineIOHandshake {
    /// - Parameter body: the first bytes of an uncoded response body, chunk framing removed; at most
    ///   `FramingLimits.handshakeBytes` of them are searched.
    /// - Returns: where the session id lies in `body`; `nil` when this is no handshake or the id is not whole.
    package static func sessionID(in body: UnsafeRawBufferPointer) -> ByteRange? { nil }
}

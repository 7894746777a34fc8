/// How long a message's body is (RFC 9112 §6.3).
package enum BodyFraming: Equatable, Sendable {
    /// No body, and no framing field to forward.
    case none
    /// Exactly this many bytes; zero when a `Content-Length: 0` was sent.
    case length(UInt64)
    /// `Transfer-Encoding: chunked` and nothing else.
    case chunked
    /// Until the sender closes: responses only.
    case untilClose
}

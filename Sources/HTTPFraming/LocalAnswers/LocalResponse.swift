/// An answer of our own, made without a node: whole, with a short readable body, and closing the connection.
///
/// Off the steady path, so it may allocate; a data plane renders the ones it needs often once and keeps them.
package struct LocalResponse: Sendable {
    package var status: UInt16
    /// The machine word of API.md's error objects: `no_node_available`, `head_too_large`.
    package var reason: String
    /// One sentence for people. Escaped as the form needs.
    package var message: String
    /// Seconds for `Retry-After`; `nil` leaves the field out.
    package var retryAfterSeconds: Int?

    package init(status: UInt16, reason: String, message: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.reason = reason
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The answer to a head that was refused.
    package init(_ rejection: HeadRejection) {
        self.init(status: rejection.status, reason: rejection.rawValue, message: "")
    }

    /// The whole response, head and body.
    package func bytes(as form: AnswerForm) -> [UInt8] { [] }

    /// The response without its body, for a HEAD request.
    package func headBytes(as form: AnswerForm) -> [UInt8] { [] }
}

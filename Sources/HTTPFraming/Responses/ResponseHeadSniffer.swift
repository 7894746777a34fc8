/// What must be known of a request to read its response (RFC 9112 §6.3).
package struct RequestContext: Sendable {
    package var method: RequestMethod
    package var upgrade: UpgradeWish

    package init(method: RequestMethod, upgrade: UpgradeWish) {
        self.method = method
        self.upgrade = upgrade
    }

    package init(_ head: RequestHead) { self.init(method: head.method, upgrade: head.upgrade) }
}

/// Reads one response head of a node out of the bytes received so far; incremental like `RequestHeadSniffer`. Make a new
/// one for each head: after an interim response, the next head begins behind its `headBytes`.
package struct ResponseHeadSniffer: Sendable {
    package enum Outcome: Sendable {
        case needMore
        case complete(ResponseHead)
        case rejected(ResponseRejection)
    }

    package init() {}

    /// - Parameters:
    ///   - bytes: everything received since the previous message ended; what was passed before must still be in front.
    ///   - request: the request this answers.
    ///   - fields: overwritten; holds the field lines of the head after `.complete`.
    ///
    /// SAFETY: `bytes` is read within its bounds during the call only.
    package mutating func sniff(
        _ bytes: UnsafeRawBufferPointer, answering request: RequestContext, into fields: inout HeadFieldTable
    ) -> Outcome {
        .needMore
    }
}

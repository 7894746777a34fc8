/// A method as far as it matters here: framing of the response, safety of a retry.
package enum RequestMethod: Sendable {
    case get, head, post, put, delete, patch, options
    /// Any other token; CONNECT and TRACE never get here.
    case other

    /// Whether a request without a body may be sent again after a connection died unanswered (LifeOfAConnection.md).
    package var isRetryable: Bool {
        switch self {
        case .get, .head, .options: true
        case .post, .put, .delete, .patch, .other: false
        }
    }
}

/// The minor version of HTTP/1 that a message was sent with. A higher minor than 1 counts as 1 (RFC 9110 §2.5).
package enum HTTPVersion: Sendable {
    case http10, http11
}

/// What the sender of a head wants of its connection after this exchange (RFC 9112 §9.3).
package enum Persistence: Sendable {
    case keepAlive, close
}

/// Whether a request asks for a tunnel that we would make.
package enum UpgradeRequest: Sendable {
    /// No `Upgrade`, or one that is not forwarded (`h2c`, a malformed WebSocket request).
    case none
    /// A well-formed WebSocket request (RFC 6455 §4.1).
    case webSocket
}

/// Whether the client waits for a `100` before it sends its body (RFC 9110 §10.1.1).
package enum BodyExpectation: Sendable {
    case none, hundredContinue
}

/// What kind of readable body an answer of our own should have.
package enum AnswerForm: Sendable {
    /// The client named `text/html` in `Accept`: a browser.
    case html
    case json
}

/// Which of the forwarding fields the client sent. They are replaced unless the peer is trusted.
package struct ForwardedFields: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `X-Forwarded-For`.
    package static let address = ForwardedFields(rawValue: 1)
    /// `X-Real-IP`.
    package static let realIP = ForwardedFields(rawValue: 2)
    /// `X-Forwarded-Proto`.
    package static let proto = ForwardedFields(rawValue: 4)
    /// `X-Forwarded-Host`.
    package static let host = ForwardedFields(rawValue: 8)
}

/// Facts about a head that only its rewriting needs.
struct HeadTraits: OptionSet, Sendable {
    let rawValue: UInt8

    /// `Connection` names fields beyond the known options, so each line must be looked up there.
    static let connectionNamesFields = HeadTraits(rawValue: 1)
    /// The target is in absolute form and is forwarded in origin form.
    static let absoluteForm = HeadTraits(rawValue: 2)
}

/// What a complete, valid request head says: a plain value of offsets into the bytes that were sniffed. It is true
/// for exactly those bytes at that address range, and owns nothing.
package struct RequestHead: Sendable {
    /// For decisions; what is forwarded is `methodText`.
    package internal(set) var method = RequestMethod.other
    package internal(set) var version = HTTPVersion.http11
    /// Of the client's own connection; what is asked of the upstream is a parameter of `RequestHeadRewriter.rewrite`.
    package internal(set) var persistence = Persistence.keepAlive
    package internal(set) var upgrade = UpgradeRequest.none
    /// Always `.none` for HTTP/1.0, which knows no expectations.
    package internal(set) var expectation = BodyExpectation.none
    /// `.html` where `Accept` names `text/html`, with whatever weight.
    package internal(set) var answerForm = AnswerForm.json
    /// Fields that came at all; whether they are kept depends on the peer (`PeerTrust`).
    package internal(set) var forwarded: ForwardedFields = []
    /// Whether an OPTIONS goes no further than here: its `Max-Forwards` is 0 (RFC 9110 §7.6.2).
    package internal(set) var isLastHop = false
    var traits: HeadTraits = []

    /// Never `.untilClose`.
    package internal(set) var body = BodyFraming.none

    /// The method as sent.
    package internal(set) var methodText = ByteRange.absent
    /// The request target as sent.
    package internal(set) var target = ByteRange.absent
    /// The target's path, exactly as it is forwarded. Empty for an absolute form without one: that means `/`.
    package internal(set) var path = ByteRange.absent
    /// What follows the first `?` of the target; empty when there is none.
    package internal(set) var query = ByteRange.absent
    /// The value of `Host`; empty when an HTTP/1.0 request has none.
    package internal(set) var host = ByteRange.absent
    /// The value of the pin cookie when it has the form of a node id; otherwise empty.
    package internal(set) var pin = ByteRange.absent

    /// Who the request is for, judged by its path.
    package internal(set) var destination = RequestDestination.node(.anything)

    /// Bytes from the start of the buffer to the end of the head, skipped empty lines included: the body begins there.
    package internal(set) var headBytes = 0

    init() {}
}

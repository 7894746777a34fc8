import HTTPFraming

/// One request and its response, as decisions without sockets: what each piece of bytes means, what each end of a
/// connection means, and what becomes of both connections afterwards.
///
/// Request: `body` → complete. Response: `awaitingHead` → (interim heads) → `body` → `complete`, or a tunnel. The exchange
/// is over when both are complete, or when the response is and the request is not (*early response*): then the rest of
/// the request is nobody's, and both connections end.
struct ExchangeStateMachine: Sendable {
    enum ResponseStage: UInt8, Sendable { case awaitingHead, body, complete }

    /// Whether the upstream connection has carried a request before, and so may have been closed by the node meanwhile.
    enum UpstreamOrigin: Sendable { case fresh, kept }

    /// Which idle upstream connection a request may use.
    enum Reuse: Equatable, Sendable {
        /// Any: should it die unanswered, the request is sent again.
        case any
        /// One that carried an answer within the last second and is open at this moment, as its socket says. What is left is
        /// a node that dies just now; a fresh connection is no safer there, since it may wait in a queue that nobody empties
        /// any more (of 68 000 POSTs 46 were lost so in graceful restarts). Node.js closes an idle connection after 5 s, so
        /// never one that is this young (FactsAboutKuma.md).
        case verified
        /// None: the request takes a fresh connection, which its tunnel uses up.
        case never
    }

    /// Where a request that died unanswered goes again.
    enum Again: Equatable, Sendable {
        /// The connection had been idle, and its end was on its way: a fresh one to the same node, if that still takes any.
        case freshConnection
        /// A fresh connection died: the node is in trouble, another one takes the request.
        case anotherNode
    }

    /// Whether this balancer goes on serving, or wants its clients to leave.
    enum Service: Sendable { case open, draining }

    enum RequestBytesAction: Equatable {
        /// All of the piece belongs to the body.
        case forward
        /// The body ends after this many bytes; the rest is the next request.
        case forwardLast(Int)
        case reject(BodyViolation)
    }

    enum ResponseHeadAction: Equatable {
        case forwardInterim
        /// HTTP/1.0 knows no interim responses (RFC 9110 §15.2).
        case dropInterim
        case startTunnel
        /// Forward the head, telling the client what becomes of its connection; the body follows.
        case relay(client: Persistence)
    }

    enum ResponseBytesAction: Equatable {
        case forward
        /// The response ends after this many bytes.
        case forwardLast(Int)
        /// The node breaks its framing: what the client has is not the whole.
        case breakOff
    }

    /// How the upstream connection ended.
    enum UpstreamEnd: Sendable { case closed, reset }

    enum UpstreamEndAction: Equatable {
        /// Nothing has been answered and the request may be sent again.
        case replay(Again)
        /// Nothing has been answered: say so (`502`).
        case answerBadGateway
        /// That was the end of the body.
        case finish
        /// The response has begun and is not whole: the client must see that.
        case breakOff
    }

    enum TimeoutAction: Equatable {
        /// The client has not sent its whole body: its silence, not the node's.
        case answerRequestTimeout
        case answerGatewayTimeout
        case breakOff
    }

    enum Ending: Equatable {
        case unfinished
        /// Both connections as told; the client's next request may follow.
        case next(upstream: Persistence)
        /// The client connection ends after what was sent; the upstream as told.
        case closeClient(upstream: Persistence, by: Closer)
    }

    /// Who ends a client connection.
    enum Closer: Equatable {
        /// The client's, who therefore sends nothing after this request (RFC 9112 §9.6).
        case client
        /// Ours or the node's: the client may have sent more by now.
        case balancer
    }

    let context: RequestContext
    private let version: HTTPVersion
    /// What the client wants of its connection.
    private let requestedPersistence: Persistence
    /// What it wants, later what it was told.
    private var clientPersistence: Persistence
    private var upstreamPersistence = Persistence.close
    private(set) var stage = ResponseStage.awaitingHead
    /// Whether a byte of any response has arrived: from then on nothing is sent again.
    private var isAnswered = false
    /// Where the request would go next; nil: nowhere.
    private var again: Again?
    /// Whether a node may have had it.
    private var wasSent = false
    /// How the response's body goes to the client.
    private(set) var bodyForm = BodyForm.framed
    private var request: BodyScanner
    private var response = BodyScanner(.none)

    init(_ head: RequestHead, upstream: UpstreamOrigin) {
        context = RequestContext(head)
        version = head.version
        requestedPersistence = head.persistence
        clientPersistence = head.persistence
        request = BodyScanner(head.body)
        again =
            switch (upstream, ExchangeStateMachine.isReplayable(head)) {
            case (.kept, true): .freshConnection
            case (.fresh, true): .anotherNode
            case (.kept, false), (.fresh, false): nil
            }
    }

    /// Whether a request may be sent a second time after a connection died unanswered: safe methods without a body, and
    /// never to Socket.IO, where a poll that arrives twice ends the session (FactsAboutKuma.md).
    static func isReplayable(_ head: RequestHead) -> Bool {
        guard head.method.isRetryable, head.body == .none, head.upgrade == .none else { return false }
        return switch head.destination {
        case .controlAPI, .node(.anything), .node(.monitor): true
        case .node(.socketIO): false
        }
    }

    static func reuse(for head: RequestHead) -> Reuse {
        if isReplayable(head) { return .any }
        return switch head.upgrade {
        case .none: .verified
        case .webSocket: .never
        }
    }

    /// Whether a copy of the stamped head must be kept until the node has said something.
    var isReplayable: Bool { again != nil }

    var isRequestComplete: Bool { request.isComplete }
    var isResponseComplete: Bool { stage == .complete }
    /// Whether our own answer can still take the response's place.
    var isUnanswered: Bool { stage == .awaitingHead }

    /// How many of the next bytes from the client are its body's whatever they are; `UInt64.max` until its end.
    var requestRun: UInt64 { request.blindBytes }
    /// The same of the upstream's.
    var responseRun: UInt64 { stage == .body ? response.blindBytes : 0 }

    /// Bytes of the request's run were moved unseen.
    mutating func skipped(fromClient count: Int) { _ = request.skip(UInt64(count)) }

    /// Bytes of the response's run were moved unseen.
    mutating func skipped(fromUpstream count: Int) {
        switch response.skip(UInt64(count)) {
        case .more, .invalid: return
        case .complete: stage = .complete
        }
    }

    /// Bytes from the client, which come only while the request is not complete.
    mutating func received(fromClient bytes: UnsafeRawBufferPointer) -> RequestBytesAction {
        switch request.consume(bytes) {
        case .more: .forward
        case .complete(let count): .forwardLast(count)
        case .invalid(let violation): .reject(violation)
        }
    }

    /// The request goes out once more. One that kills whoever gets it must not meet every node: two at most have it.
    mutating func replayed(_ way: Again) {
        wasSent = true
        again =
            switch way {
            case .freshConnection: .anotherNode
            case .anotherNode: nil
            }
    }

    /// Its connect failed, and another node takes it.
    mutating func movedOn() { if wasSent { again = nil } }

    /// Anything at all from the node: the request has been acted upon.
    mutating func upstreamSpoke() { isAnswered = true }

    mutating func received(_ head: ResponseHead, while service: Service) -> ResponseHeadAction {
        switch head.kind {
        case .interim:
            switch version {
            case .http11: return .forwardInterim
            case .http10: return .dropInterim
            }
        case .tunnel:
            stage = .complete
            return .startTunnel
        case .final: break
        }
        response = BodyScanner(head.body)
        stage = response.isComplete ? .complete : .body
        // A node that was asked for a tunnel and gave none may have taken its HTTP parser off the connection (Node.js'
        // `upgrade` event does), so nobody else is to use it.
        upstreamPersistence = context.upgrade == .webSocket ? .close : head.persistence
        // An early response: whether the client will still send its body is anybody's guess (RFC 9110 §10.1.1).
        let isEarly = !request.isComplete
        // A client of HTTP/1.0 knows no chunks: only the end of the connection can tell it the end (RFC 9112 §6.1).
        let isBeyondClient = version == .http10 && head.body == .chunked
        bodyForm = isBeyondClient ? .bare : .framed
        if isEarly || isBeyondClient || head.body == .untilClose || service == .draining { clientPersistence = .close }
        return .relay(client: clientPersistence)
    }

    /// Bytes of the response body, which come only in stage `body`.
    mutating func received(fromUpstream bytes: UnsafeRawBufferPointer) -> ResponseBytesAction {
        switch response.consume(bytes) {
        case .more: return .forward
        case .complete(let count):
            stage = .complete
            return .forwardLast(count)
        case .invalid: return .breakOff
        }
    }

    /// The same for a body that goes on without its framing.
    /// - Parameter output: at least as long as `bytes`; gets what is data of them.
    /// - Returns: with the action, how many bytes were written.
    mutating func received(
        fromUpstream bytes: UnsafeRawBufferPointer, copyingDataTo output: UnsafeMutableRawBufferPointer
    ) -> (action: ResponseBytesAction, dataBytes: Int) {
        let (step, dataBytes) = response.consume(bytes, copyingDataTo: output)
        switch step {
        case .more: return (.forward, dataBytes)
        case .complete(let count):
            stage = .complete
            return (.forwardLast(count), dataBytes)
        case .invalid: return (.breakOff, 0)
        }
    }

    mutating func upstreamEnded(_ end: UpstreamEnd) -> UpstreamEndAction {
        upstreamPersistence = .close
        switch stage {
        case .awaitingHead:
            guard let again, !isAnswered else { return .answerBadGateway }
            return .replay(again)
        case .complete: return .finish
        case .body:
            switch end {
            case .reset: return .breakOff
            case .closed: break
            }
            switch response.endOfStream() {
            case .complete:
                stage = .complete
                return .finish
            case .more, .invalid: return .breakOff
            }
        }
    }

    /// Bytes behind the end of the response: the node is out of step, so its connection carries nothing more.
    mutating func upstreamOverran() { upstreamPersistence = .close }

    func timedOut() -> TimeoutAction {
        switch stage {
        case .awaitingHead: request.isComplete ? .answerGatewayTimeout : .answerRequestTimeout
        case .body, .complete: .breakOff
        }
    }

    var ending: Ending {
        guard stage == .complete else { return .unfinished }
        guard request.isComplete else { return .closeClient(upstream: .close, by: .balancer) }
        switch clientPersistence {
        case .keepAlive: return .next(upstream: upstreamPersistence)
        case .close:
            return .closeClient(upstream: upstreamPersistence, by: requestedPersistence == .close ? .client : .balancer)
        }
    }
}

package import ClusterCore
package import NIOCore
package import NIOHTTP1
import NIOWebSocket
package import Secrets

/// What a node's connections need of the node.
package struct NodeServices: Sendable {
    package let id: NodeID
    package let name: String
    /// Nil accepts every Authorization header.
    package let apiKey: Secret?
    /// How long a kept-alive connection may be idle: Node.js closes it after 5 s.
    package let keepAliveIdle: TimeAmount
    package let engineIO: EngineIOStore
    package let checkDatabase: @Sendable () async -> DatabaseCheck
    /// One run. Two may overlap, with what follows from that (`MonitorRoster`).
    package let reconcile: @Sendable () async throws -> MonitorRoster.Plan
    /// Whether the node believes that it runs this monitor.
    package let runs: @Sendable (MonitorID) async -> Bool
    /// Stores what a body of JSON says of a monitor and starts it here; false when there is no such monitor.
    package let update: @Sendable (MonitorID, String) async throws -> Bool

    package init(
        id: NodeID, name: String, apiKey: Secret?, keepAliveIdle: TimeAmount = .seconds(5), engineIO: EngineIOStore,
        checkDatabase: @escaping @Sendable () async -> DatabaseCheck,
        reconcile: @escaping @Sendable () async throws -> MonitorRoster.Plan,
        runs: @escaping @Sendable (MonitorID) async -> Bool,
        update: @escaping @Sendable (MonitorID, String) async throws -> Bool
    ) {
        self.id = id
        self.name = name
        self.apiKey = apiKey
        self.keepAliveIdle = keepAliveIdle
        self.engineIO = engineIO
        self.checkDatabase = checkDatabase
        self.reconcile = reconcile
        self.runs = runs
        self.update = update
    }
}

/// One connection of the stand-in node: reads a request, answers it, waits for the next.
///
/// States: idle (a timer closes it) → receiving (head seen, body counted) → answering → idle again, or closed, or
/// upgraded, after which this handler is out of the pipeline. `HTTPServerPipelineHandler` before it holds back a pipelined
/// request until the answer is out.
final class NodeHTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Engine.IO's maxPayload, and so the only request body that is kept.
    static let payloadBytes = 1_000_000
    /// Engine.IO's pingInterval.
    static let pingInterval = TimeAmount.seconds(25)

    let services: NodeServices
    private var head: HTTPRequestHead?
    private var receivedBytes = 0
    private var payload = ByteBuffer()
    private var idleTimer: Scheduled<Void>?
    private var pollingSID: String?
    var pump = PatternPump()

    init(services: NodeServices) { self.services = services }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context: context)
        case .body(let bytes):
            receivedBytes += bytes.readableBytes
            if payload.readableBytes + bytes.readableBytes <= Self.payloadBytes { payload.writeImmutableBuffer(bytes) }
        case .end:
            guard let head else { return }
            if isUpgrade(head) { upgrade(head, context: context) } else { answer(head, context: context) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        idleTimer?.cancel()
        if let pollingSID { services.engineIO.abandon(pollingSID) }
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pumpPattern(context: context)
        context.fireChannelWritabilityChanged()
    }

    /// Whatever went wrong on the wire, the connection is of no more use.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func begin(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        idleTimer?.cancel()
        self.head = head
        receivedBytes = 0
        payload.clear()
        if head.headers.contains(name: "Expect") {
            let proceed = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(proceed)), promise: nil)
        }
    }

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        switch NodeRoute(method: head.method, target: head.uri) {
        case .page: respond(.html(NodePages.page(of: services.id, name: services.name)), to: head, context: context)
        case .health: answerHealth(head, context: context)
        case .status:
            let text = "{\"ok\":true,\"nodeId\":\(JSONString.quoted(services.id.text))}"
            respond(.json(.ok, text), to: head, context: context)
        case .entryPage:
            respond(.json(.ok, "{\"type\":\"entryPage\",\"entryPage\":\"dashboard\"}"), to: head, context: context)
        case .reconcile: answerReconcile(head, context: context)
        case .monitor(let id): answerMonitor(id, head, context: context)
        case .update(let id): answerUpdate(id, head, context: context)
        case .echoHeaders: respond(.json(.ok, NodePages.echo(head, node: services.id)), to: head, context: context)
        case .bytes(let count):
            let fields = [("Content-Type", "application/octet-stream")]
            respond(NodeAnswer(status: .ok, fields: fields, body: .pattern(count)), to: head, context: context)
        case .upload: respond(.json(.ok, "{\"bytes\":\(receivedBytes)}"), to: head, context: context)
        case .slow(let delay): answerSlowly(delay, head, context: context)
        case .cookie:
            var answer = NodeAnswer.text(.ok, "\(services.id)\n")
            answer.fields.append(("Set-Cookie", "kuma-stand-in=\(services.id); Path=/; HttpOnly"))
            respond(answer, to: head, context: context)
        case .polling(let query): answerPolling(query, head, context: context)
        case .upgradeRequired: respond(.text(.upgradeRequired, "WebSocket only\n"), to: head, context: context)
        case .badRequest(let reason): respond(.text(.badRequest, reason + "\n"), to: head, context: context)
        case .methodNotAllowed(let allow):
            var answer = NodeAnswer.text(.methodNotAllowed, "use \(allow)\n")
            answer.fields.append(("Allow", allow))
            respond(answer, to: head, context: context)
        case .notFound: respond(.json(.notFound, "{\"ok\":false,\"msg\":\"Not Found\"}"), to: head, context: context)
        }
    }

    private func answerHealth(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let services = services
        respond(to: head, context: context) {
            NodePages.health(await services.checkDatabase(), node: services.id)
        }
    }

    private func answerMonitor(_ id: MonitorID, _ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let services = services
        respond(to: head, context: context) {
            let runs = await services.runs(id)
            return .json(.ok, "{\"id\":\(id),\"node\":\(JSONString.quoted(services.id.text)),\"running\":\(runs)}")
        }
    }

    private func answerSlowly(_ delay: Duration, _ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let id = services.id
        respond(to: head, context: context) {
            do {
                try await Task.sleep(for: delay)
                return .text(.ok, "\(id) after \(delay)\n")
            } catch {
                return .text(.serviceUnavailable, "cancelled\n")
            }
        }
    }

    private func answerReconcile(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let services = services
        respondIfAuthorized(to: head, context: context) {
            let plan = try await services.reconcile()
            return .json(.ok, "{\"ok\":true,\"started\":\(plan.starts.count),\"stopped\":\(plan.stops.count)}")
        }
    }

    private func answerUpdate(_ id: MonitorID, _ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let (services, body) = (services, String(buffer: payload))
        respondIfAuthorized(to: head, context: context) {
            let isKnown = try await services.update(id, body)
            return isKnown
                ? .json(.ok, "{\"ok\":true}") : .json(.notFound, "{\"ok\":false,\"msg\":\"Monitor not found\"}")
        }
    }

    private func respondIfAuthorized(
        to head: HTTPRequestHead, context: ChannelHandlerContext,
        _ work: @escaping @Sendable () async throws -> NodeAnswer
    ) {
        guard ReconcileAuthorization.accepts(head.headers, apiKey: services.apiKey) else {
            let text = "{\"ok\":false,\"msg\":\"Authentication required\"}"
            respond(.json(.unauthorized, text), to: head, context: context)
            return
        }
        respond(to: head, context: context) {
            do { return try await work() } catch {
                let text = "{\"ok\":false,\"msg\":\(JSONString.quoted("\(error)"))}"
                return .json(.internalServerError, text)
            }
        }
    }

    // MARK: Engine.IO

    private func answerPolling(_ query: EngineIOQuery, _ head: HTTPRequestHead, context: ChannelHandlerContext) {
        if let refusal = refusal(of: query, head.method) {
            respond(.json(.badRequest, refusal.json), to: head, context: context)
            return
        }
        guard let sid = query.sid else {
            respond(.text(.ok, services.engineIO.open()), to: head, context: context)
            return
        }
        if head.method == .POST {
            do throws(EngineIORefusal) {
                try services.engineIO.receive(String(buffer: payload), on: sid)
                respond(.text(.ok, "ok"), to: head, context: context)
            } catch {
                respond(.json(.badRequest, error.json), to: head, context: context)
            }
            return
        }
        awaitPackets(of: sid, head, context: context)
    }

    private func refusal(of query: EngineIOQuery, _ method: HTTPMethod) -> EngineIORefusal? {
        if query.transport != "polling" { return .unknownTransport }
        if let sid = query.sid { return services.engineIO.knows(sid) ? nil : .unknownSession }
        if method != .GET { return .badHandshakeMethod }
        return query.version == "4" ? nil : .unsupportedVersion
    }

    private func awaitPackets(of sid: String, _ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let store = services.engineIO
        pollingSID = sid
        let ping = context.eventLoop.scheduleTask(in: Self.pingInterval) { store.ping(sid) }
        // SAFETY: a channel handler runs on its event loop, and so does the callback of a future of that loop.
        store.poll(sid, on: context.eventLoop).assumeIsolated().whenComplete { result in
            ping.cancel()
            self.pollingSID = nil
            switch result {
            case .success(let payload): self.respond(.text(.ok, payload), to: head, context: context)
            case .failure(let error):
                let refusal = error as? EngineIORefusal ?? .badRequest
                self.respond(.json(.badRequest, refusal.json), to: head, context: context)
            }
        }
    }

    // MARK: Answering

    private func respond(
        to head: HTTPRequestHead, context: ChannelHandlerContext, _ work: @escaping @Sendable () async -> NodeAnswer
    ) {
        // SAFETY: a channel handler runs on its event loop, and so does the callback of a future of that loop.
        context.eventLoop.makeFutureWithTask(work).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let answer): self.respond(answer, to: head, context: context)
            case .failure: context.close(promise: nil)
            }
        }
    }

    func respond(_ answer: NodeAnswer, to head: HTTPRequestHead, context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        var headers = HTTPHeaders(answer.fields)
        headers.add(name: "Content-Length", value: String(answer.body.count))
        headers.add(name: "Connection", value: head.isKeepAlive ? "keep-alive" : "close")
        if head.isKeepAlive { headers.add(name: "Keep-Alive", value: "timeout=5") }
        let responseHead = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        switch head.method == .HEAD ? .text("") : answer.body {
        case .text(let text):
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            finish(context: context)
        case .pattern(let count):
            pump.begin(count)
            pumpPattern(context: context)
        }
    }

    func finish(context: ChannelHandlerContext) {
        let isKeptAlive = head?.isKeepAlive ?? false
        head = nil
        let channel = context.channel
        guard isKeptAlive else {
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
            return
        }
        // Armed before the end goes out: a pipelined request may arrive while it does, and cancels it again.
        idleTimer = context.eventLoop.scheduleTask(in: services.keepAliveIdle) { channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// Who may ask a node to reconcile.
package enum ReconcileAuthorization {
    /// FactsAboutKuma.md: an Authorization header is required, `Bearer <JWT>` or an API key. With a key configured it
    /// must be that.
    package static func accepts(_ headers: HTTPHeaders, apiKey: Secret?) -> Bool {
        guard let value = headers.first(name: "Authorization"), !value.isEmpty else { return false }
        guard let apiKey else { return true }
        return apiKey.matches(value.utf8) || Secret("Bearer \(apiKey.revealed)").matches(value.utf8)
    }
}

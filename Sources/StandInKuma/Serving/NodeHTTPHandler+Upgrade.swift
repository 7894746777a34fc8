import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The handlers of a node's pipeline that an upgrade takes out again, by name.
enum NodePipeline {
    static let encoder = "http-encoder"
    static let decoder = "http-decoder"
    static let pipelining = "http-pipelining"
    static let node = "node"

    static func configure(_ channel: any Channel, services: NodeServices) throws {
        let pipeline = channel.pipeline.syncOperations
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        try pipeline.addHandler(HTTPResponseEncoder(), name: NodePipeline.encoder)
        try pipeline.addHandler(decoder, name: NodePipeline.decoder)
        try pipeline.addHandler(HTTPServerPipelineHandler(), name: NodePipeline.pipelining)
        try pipeline.addHandler(NodeHTTPHandler(services: services), name: NodePipeline.node)
    }
}

extension NodeHTTPHandler {
    /// By hand rather than with `HTTPServerUpgradeHandler`, which looks at the first request of a connection only: Node.js
    /// upgrades any request of a kept-alive one.
    func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
    }

    func upgrade(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let mode: WebSocketEchoHandler.Mode
        switch WebSocketAdmission(head, knows: services.engineIO.knows) {
        case .echo: mode = .echo
        case .engineIO(let sid): mode = .engineIO(sid: sid, greeting: nil)
        case .newEngineIO:
            let greeting = services.engineIO.open()
            mode = .engineIO(sid: "websocket", greeting: greeting)
        case .refused(let status, let body):
            refuseUpgrade(head, status: status, body: body, context: context)
            return
        }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: WebSocketEchoHandler.frameBytes,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WebSocketEchoHandler(mode: mode))
                }
            })
        // SAFETY: a channel handler runs on its event loop, and so does the callback of a future of that loop.
        upgrader.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: head, initialResponseHeaders: HTTPHeaders()
        ).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let headers): self.switchProtocols(head, headers, upgrader, context: context)
            case .failure:
                self.refuseUpgrade(head, status: .badRequest, body: "bad WebSocket handshake\n", context: context)
            }
        }
    }

    /// The decoder parses nothing after a request that asked to upgrade, so a refusal ends the connection.
    private func refuseUpgrade(
        _ head: HTTPRequestHead, status: HTTPResponseStatus, body: String, context: ChannelHandlerContext
    ) {
        let answer = body.hasPrefix("{") ? NodeAnswer.json(status, body) : NodeAnswer.text(status, body)
        let headers = HTTPHeaders(
            answer.fields + [("Content-Length", String(answer.body.count)), ("Connection", "close")])
        let responseHead = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        let channel = context.channel
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    /// Writes the 101, takes the HTTP handlers out and the WebSocket handlers in. The decoder goes last and hands on what
    /// it had read of the first frames.
    private func switchProtocols(
        _ head: HTTPRequestHead, _ headers: HTTPHeaders, _ upgrader: NIOWebSocketServerUpgrader,
        context: ChannelHandlerContext
    ) {
        let channel = context.channel
        let pipeline = channel.pipeline.syncOperations
        let responseHead = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        pipeline.removeHandler(name: NodePipeline.encoder, promise: nil)
        pipeline.removeHandler(name: NodePipeline.pipelining, promise: nil)
        // SAFETY: as above: this is the event loop of that future.
        upgrader.upgrade(context: context, upgradeRequest: head).assumeIsolated().whenComplete { result in
            switch result {
            case .success:
                pipeline.removeHandler(name: NodePipeline.node, promise: nil)
                pipeline.removeHandler(name: NodePipeline.decoder, promise: nil)
            case .failure: channel.close(promise: nil)
            }
        }
    }
}

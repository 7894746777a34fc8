import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers the balancer's probes for every node: one listener for all of 127.0.0.0/8. A dead node's connections are closed
/// without an answer.
struct HealthServer {
    static func start(port: Int, fates: NodeFates) async throws {
        _ = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.backlog, value: 4_096)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(HealthHandler(fates: fates))
                }
            }
            .bind(host: "0.0.0.0", port: port).get()
    }
}

private final class HealthHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let body = ByteBuffer(string: #"{"ok":true,"status":"healthy"}"#)
    private let fates: NodeFates

    init(fates: NodeFates) { self.fates = fates }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head, .body: return
        case .end: break
        }
        if let host = context.localAddress?.ipAddress, fates.isDead(host: host) {
            context.close(promise: nil)
            return
        }
        let fields: HTTPHeaders = [
            "Content-Type": "application/json", "Content-Length": "\(HealthHandler.body.readableBytes)",
        ]
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(HealthHandler.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

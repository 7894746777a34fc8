import NIOCore
import NIOHTTP1
package import NIOPosix

/// The page that the demo's monitors check: it always answers.
package struct MonitoredTarget: Sendable {
    private let listener: any Channel

    /// On a free port of 127.0.0.1.
    package static func start(group: MultiThreadedEventLoopGroup) async throws -> MonitoredTarget {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(TargetHandler())
                }
            }
        return MonitoredTarget(listener: try await bootstrap.bind(host: "127.0.0.1", port: 0).get())
    }

    /// Chosen by the kernel.
    package var port: UInt16 { UInt16(listener.localAddress?.port ?? 0) }

    /// Closes the listener.
    /// - Throws: where it was closed before.
    package func stop() async throws { try await listener.close().get() }
}

private final class TargetHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let body = ByteBuffer(string: "up\n")
        let headers = HTTPHeaders([("Content-Type", "text/plain"), ("Content-Length", "\(body.readableBytes)")])
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import FoundationEssentials
import Glibc
import NIOCore
package import NIOPosix

/// The running demo's end of the control socket: one request a connection, one line each way.
package struct ControlServer: Sendable {
    /// A request is a few words.
    package static let requestBytes = 4096

    private let listener: any Channel
    private let path: String

    /// - Parameters:
    ///   - path: the Unix socket's; a socket that lies there is replaced.
    ///   - answer: called once at most for a connection; several may be under way.
    /// - Throws: when it cannot be bound.
    package static func start(
        path: String, group: MultiThreadedEventLoopGroup,
        answer: @escaping @Sendable (ControlRequest) async -> ControlAnswer
    ) async throws -> ControlServer {
        let bootstrap = ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(ControlHandler(answer: answer))
            }
        }
        // A socket of that name is a demo's that ended without a chance to remove it: our port is free.
        let listener = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        return ControlServer(listener: listener, path: path)
    }

    /// Takes the socket away; answers under way are still given.
    package func stop() async {
        do {
            try await listener.close().get()
        } catch {
            // Closed already.
        }
        unlink(path)
    }
}

private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (ControlRequest) async -> ControlAnswer
    private var received = ByteBuffer()
    private var isAnswering = false

    init(answer: @escaping @Sendable (ControlRequest) async -> ControlAnswer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        guard received.readableBytes <= ControlServer.requestBytes else {
            context.close(promise: nil)
            return
        }
        guard !isAnswering, let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return }
        isAnswering = true
        let line = Array(received.readableBytesView[..<end])
        let answer = answer
        // SAFETY: of assumeIsolated below: a channel handler runs on its event loop, and so does the future's callback.
        context.eventLoop.makeFutureWithTask {
            guard let request = ControlCoding.request(from: line) else {
                return ControlAnswer.refused("not a request of this version of kuma-demo")
            }
            return await answer(request)
        }.assumeIsolated().whenComplete { result in
            let channel = context.channel
            guard case .success(let answer) = result, let line = ControlCoding.line(answer) else {
                channel.close(promise: nil)
                return
            }
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: line))).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Requests and answers as lines of JSON.
package enum ControlCoding {
    /// Ends with a line feed; nil never for the values of this module.
    package static func line(_ message: some Encodable) -> [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(message) else { return nil }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    /// - Parameter line: without its line feed.
    /// - Returns: nil for what is no request of this version.
    package static func request(from line: [UInt8]) -> ControlRequest? {
        try? JSONDecoder().decode(ControlRequest.self, from: Data(line))
    }

    /// - Parameter line: without its line feed.
    /// - Returns: nil for what is no answer of this version.
    package static func answer(from line: [UInt8]) -> ControlAnswer? {
        try? JSONDecoder().decode(ControlAnswer.self, from: Data(line))
    }

    /// `kuma-demo status --json`.
    package static func text(_ status: DemoStatus) -> String {
        line(status).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

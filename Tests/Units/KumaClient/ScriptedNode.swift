import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A real HTTP server on a free loopback port that answers each path as a test asks.
final class ScriptedNode: Sendable {
    struct Answer: Sendable {
        enum Ending: Sendable {
            case complete
            /// The head is sent, the body never ends.
            case hanging
        }

        var status = 200
        var body = ""
        var ending = Ending.complete
    }

    enum Reaction: Sendable {
        case answer(Answer)
        /// The same after a while.
        case late(Duration, Answer)
        /// Reads the request and says nothing.
        case silence
        /// Closes without an answer.
        case hangUp

        static func status(_ status: Int, _ body: String = "") -> Reaction {
            .answer(Answer(status: status, body: body))
        }
    }

    struct Request: Sendable, Equatable {
        let method: String
        let path: String
        let authorization: String?
        let host: String?
        var body = ""
    }

    private let reactions = Mutex<[String: Reaction]>([:])
    private let seen = Mutex<[Request]>([])
    private let channel: any Channel
    private let children: Children
    private let box: Box

    var port: UInt16 { UInt16(channel.localAddress?.port ?? 0) }
    var requests: [Request] { seen.withLock { $0 } }
    var connectionCount: Int { children.count }
    /// Connections so far.
    var accepted: Int { children.accepted }

    init() async throws {
        let children = Children()
        self.children = children
        let box = Box()
        self.box = box
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { child in
                children.add(child)
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.configureHTTPServerPipeline()
                    try child.pipeline.syncOperations.addHandler(Handler(box: box))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        box.node.withLock { $0 = self }
    }

    func set(_ reaction: Reaction, at path: String) { reactions.withLock { $0[path] = reaction } }

    /// As a process that dies: nothing accepts any more, and every connection ends.
    func stop() async {
        try? await channel.close()
        await children.closeAll()
        box.node.withLock { $0 = nil }
    }

    /// Accepts nobody any more; open connections stay.
    func close() async { try? await channel.close() }

    func closeConnections() async { await children.closeAll() }

    fileprivate func react(to request: Request) -> Reaction {
        seen.withLock { $0.append(request) }
        return reactions.withLock { $0[request.path] } ?? .status(404)
    }

    fileprivate final class Box: Sendable {
        let node = Mutex<ScriptedNode?>(nil)
    }

    private final class Children: Sendable {
        private let channels = Mutex<[any Channel]>([])
        var count: Int { channels.withLock { $0.count { $0.isActive } } }
        var accepted: Int { channels.withLock { $0.count } }
        func add(_ channel: any Channel) { channels.withLock { $0.append(channel) } }
        func closeAll() async {
            for channel in channels.withLock({ $0 }) { try? await channel.close() }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let box: Box
        private var request: Request?

        init(box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                request = Request(
                    method: head.method.rawValue, path: head.uri,
                    authorization: head.headers.first(name: "Authorization"), host: head.headers.first(name: "Host"))
            case .body(let bytes): request?.body += String(buffer: bytes)
            case .end:
                if let request { react(to: request, context) }
                request = nil
            }
        }

        private func react(to request: Request, _ context: ChannelHandlerContext) {
            guard let node = box.node.withLock({ $0 }) else { return }
            switch node.react(to: request) {
            case .silence: return
            case .hangUp: context.close(promise: nil)
            case .answer(let answer): write(answer, context)
            case .late(let span, let answer):
                let context = NIOLoopBound(context, eventLoop: context.eventLoop)
                let handler = NIOLoopBound(self, eventLoop: context.value.eventLoop)
                context.value.eventLoop.scheduleTask(in: TimeAmount(span)) {
                    guard context.value.channel.isActive else { return }
                    handler.value.write(answer, context.value)
                }
            }
        }

        private func write(_ answer: Answer, _ context: ChannelHandlerContext) {
            let bytes = ByteBuffer(string: answer.body)
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
            let declared = answer.ending == .complete ? bytes.readableBytes : bytes.readableBytes + 1
            head.headers.add(name: "Content-Length", value: "\(declared)")
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
            if answer.ending == .complete { context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
        }
    }
}

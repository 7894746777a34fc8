import ClusterCore
import NIOCore
import NIOHTTP1

/// One connection to a node, which carries one call at a time.
///
/// SAFETY: unchecked, because it is touched on its channel's event loop only, which is the client's one loop.
final class KumaConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = NIOHTTPClientResponseFull

    enum Limits {
        /// Then a fresh one proves that the node still accepts clients: every 20 s at one check each 2 s.
        static let requests = 10
        /// Node.js closes an idle connection after 5 s (FactsAboutKuma.md): a request should not meet that.
        static let idle = TimeAmount.seconds(4)
    }

    let address: NodeAddress
    private let client: KumaHTTPClient
    private var channel: (any Channel)?
    private var call: KumaCall?
    private var requests = 0
    /// When it was last kept.
    private(set) var idleSince = NIODeadline.distantPast

    init(to address: NodeAddress, of client: KumaHTTPClient) {
        self.address = address
        self.client = client
    }

    /// Becomes the last handler of a new channel.
    func join(_ channel: any Channel) -> EventLoopFuture<Void> {
        self.channel = channel
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(NIOHTTPClientResponseAggregator(maxContentLength: KumaHTTPClient.answerBytes))
            try pipeline.addHandler(self)
        }
    }

    func run(_ call: KumaCall) {
        guard let channel, !call.hasEnded else { return close() }
        self.call = call
        call.connection = self
        requests += 1
        channel.write(HTTPClientRequestPart.head(call.wholeHead), promise: nil)
        if let body = call.body {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    func close() { channel?.close(promise: nil) }

    /// The call ended: by an answer, or without, and then whatever comes on this connection belongs to nobody.
    func abandon(_ ended: KumaCall) {
        guard call === ended else { return }
        call = nil
        close()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = unwrapInboundIn(data)
        // Nobody asked.
        guard let call else { return close() }
        self.call = nil
        switch call.carrier {
        case .kept where answer.head.isKeepAlive && requests < Limits.requests: keep()
        case .kept, .fresh: close()
        }
        let body = answer.body.map { Array($0.readableBytesView) } ?? []
        call.end(.success(KumaAnswer(status: Int(answer.head.status.code), body: body)))
    }

    private func keep() {
        idleSince = .now()
        client.keep(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.forget(self)
        failed(.broken(reason: "closed without an answer"))
        channel = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failed(KumaCallError(error))
        context.close(promise: nil)
    }

    private func failed(_ error: KumaCallError) {
        guard let call else { return }
        self.call = nil
        let isFirst = requests == 1
        switch error {
        case .broken where !isFirst: client.repeatOnFresh(call)
        case .broken, .notConnected, .timedOut, .answerTooLarge: call.end(.failure(error))
        }
    }
}

import AgentCore
import ClusterCore
import NIOCore
import NIOHTTP1

/// Answers one request a connection.
final class AgentMetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let facts: @Sendable () -> AgentFacts
    private let stuckLoops: @Sendable () -> [String]
    private var asked: HTTPRequestHead?

    init(facts: @escaping @Sendable () -> AgentFacts, stuckLoops: @escaping @Sendable () -> [String]) {
        self.facts = facts
        self.stuckLoops = stuckLoops
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): asked = head
        case .body: break
        case .end:
            guard let head = asked else { return }
            asked = nil
            answer(head, on: context)
        }
    }

    private func answer(_ asked: HTTPRequestHead, on context: ChannelHandlerContext) {
        let path = asked.uri.prefix { $0 != "?" }
        var status = HTTPResponseStatus.ok
        var headers = HTTPHeaders([("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")])
        var text: String
        switch (path, asked.method) {
        case ("/metrics", .GET), ("/metrics", .HEAD):
            text = AgentMetricsText(facts()).text
            headers.replaceOrAdd(name: "Content-Type", value: Exposition.contentType)
        case ("/healthz", .GET), ("/healthz", .HEAD):
            // The health of this process, whatever its node's; how the node is, `kuma-agent probe` tells.
            let stuck = stuckLoops()
            (status, text) =
                stuck.isEmpty ? (.ok, "") : (.serviceUnavailable, "stuck: \(stuck.joined(separator: ", "))\n")
            text += facts().summary + "\n"
        case ("/metrics", _), ("/healthz", _):
            (status, text) = (.methodNotAllowed, "only GET and HEAD\n")
            headers.add(name: "Allow", value: "GET, HEAD")
        case _:
            (status, text) = (.notFound, "only /metrics and /healthz\n")
        }
        headers.add(name: "Content-Length", value: String(text.utf8.count))
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if asked.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

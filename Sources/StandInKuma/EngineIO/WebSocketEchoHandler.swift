import NIOCore
import NIOWebSocket

/// Talks on an upgraded connection: `/ws` gets every data frame back as it came, `/socket.io/` gets Engine.IO answers.
final class WebSocketEchoHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// Largest frame: a big dashboard's message is several MB (FactsAboutKuma.md).
    static let frameBytes = 16 << 20

    enum Mode: Sendable {
        case echo
        case engineIO(sid: String, greeting: String?)
    }

    private let mode: Mode

    init(mode: Mode) { self.mode = mode }

    func handlerAdded(context: ChannelHandlerContext) {
        if case .engineIO(_, .some(let greeting)) = mode { send(greeting, context: context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .connectionClose: close(after: frame, context: context)
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .text, .binary, .continuation: receive(frame, context: context)
        case _: break
        }
    }

    private func receive(_ frame: WebSocketFrame, context: ChannelHandlerContext) {
        switch mode {
        case .echo:
            let echo = WebSocketFrame(fin: frame.fin, opcode: frame.opcode, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(echo), promise: nil)
        case .engineIO(let sid, _):
            let packet = String(buffer: frame.unmaskedData)
            for answer in EngineIOSessions.answers(to: packet[...], sid: sid) { send(answer, context: context) }
        }
    }

    private func send(_ text: String, context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func close(after frame: WebSocketFrame, context: ChannelHandlerContext) {
        let answer = WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in channel.close(promise: nil) }
    }
}

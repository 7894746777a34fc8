import NIOCore
import NIOHTTP1

/// What is left of a `/bytes/N` body. It is written only as fast as the peer reads: the channel's own high-water mark
/// (64 KiB) says when to stop.
struct PatternPump {
    enum Step {
        case write(ByteBuffer)
        case finished
        case idle
    }

    private enum State {
        case idle
        case sending(offset: Int, count: Int)
    }

    private var state = State.idle
    /// Guards against the writability change that our own write causes.
    var isPumping = false

    /// Longest piece: a whole number of periods, so that each piece but the last is the same block.
    private static let block: ByteBuffer = {
        let period = NodeAnswer.patternPeriod
        return ByteBuffer(bytes: (0..<(period * 256)).map { UInt8($0 % period) })
    }()

    mutating func begin(_ count: Int) { state = .sending(offset: 0, count: count) }

    mutating func next() -> Step {
        guard case .sending(let offset, let count) = state else { return .idle }
        guard offset < count else {
            state = .idle
            return .finished
        }
        let length = min(PatternPump.block.readableBytes, count - offset)
        state = .sending(offset: offset + length, count: count)
        guard let piece = PatternPump.block.getSlice(at: PatternPump.block.readerIndex, length: length) else {
            state = .idle
            return .finished
        }
        return .write(piece)
    }
}

extension NodeHTTPHandler {
    func pumpPattern(context: ChannelHandlerContext) {
        guard !pump.isPumping else { return }
        pump.isPumping = true
        defer { pump.isPumping = false }
        while context.channel.isWritable {
            switch pump.next() {
            case .write(let piece): context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
            case .finished:
                finish(context: context)
                return
            case .idle: return
            }
        }
    }
}

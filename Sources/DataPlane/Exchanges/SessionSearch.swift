import ClusterCore
import HTTPFraming

/// Looks for the session id in the answer to a Socket.IO handshake, whatever pieces it arrives in. One object for each
/// handshake, not a part of every connection: sessions begin seldom and connections are many.
final class SessionSearch {
    enum Step: Equatable {
        /// The id, or its end, is still to come.
        case more
        case found(SessionKey)
        /// This is no handshake, or one that cannot be read.
        case nothing
    }

    /// `0{"sid":"`, the longest id and its quote.
    private static let openingBytes = 74

    private var framing: BodyScanner?
    /// The body's first bytes, chunk framing removed.
    private var opening: [UInt8] = []

    /// Whether a response may be one that issues a session: short, uncoded and successful (<doc:ChoosingANode>).
    static func isPromising(_ head: ResponseHead) -> Bool {
        guard head.status == 200, head.coding == .identity else { return false }
        return switch head.body {
        case .none: false
        case .length(let count): count <= UInt64(FramingLimits.handshakeBytes)
        case .chunked, .untilClose: true
        }
    }

    /// The response's head has come.
    func begin(_ framing: BodyFraming) {
        self.framing = BodyScanner(framing)
        opening.reserveCapacity(SessionSearch.openingBytes)
    }

    /// - Parameter bytes: the next of the body as framed, all of them the body's.
    func read(_ bytes: UnsafeRawBufferPointer) -> Step {
        guard framing != nil else { return .nothing }
        var index = 0
        while index < bytes.count, opening.count < SessionSearch.openingBytes {
            // A scanner of our own walks the framing: what it need not look at is data.
            let blind = framing?.blindBytes ?? 0
            if blind > 0 {
                let room = min(bytes.count - index, SessionSearch.openingBytes - opening.count)
                let count = Int(clamping: min(blind, UInt64(room)))
                opening.append(contentsOf: bytes[index..<(index + count)])
                _ = framing?.skip(UInt64(count))
                index += count
            } else {
                switch framing?.consume(UnsafeRawBufferPointer(rebasing: bytes[index...index])) {
                case .more: index += 1
                case .none, .complete, .invalid: return session ?? .nothing
                }
            }
        }
        return session ?? (opening.count < SessionSearch.openingBytes ? .more : .nothing)
    }

    private var session: Step? {
        // SAFETY: the bytes are read while the array lends them.
        opening.withUnsafeBytes { bytes in
            EngineIOHandshake.sessionID(in: bytes).flatMap { SessionKey($0.bytes(in: bytes)) }.map { .found($0) }
        }
    }
}

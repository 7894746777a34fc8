import HTTPFraming

/// What became of a stream of requests: the whole of what a node would get, and how the reading ended.
struct RequestTranscript {
    enum Ending: Equatable {
        /// More bytes could follow.
        case open
        case rejected(HeadRejection)
        case notHTTP
        case violated(BodyViolation)
    }

    var messages: [RelayedRequest] = []
    /// The stamped heads and the bodies as framed, of whole requests only.
    var forwarded: [UInt8] = []
    var ending = Ending.open

    var isRefused: Bool { ending != .open }
}

/// What the sniffer says of one whole request, texts taken out.
struct RelayedRequest: Equatable {
    var method: RequestMethod
    var version: HTTPVersion
    var persistence: Persistence
    var upgrade: UpgradeRequest
    var expectation: BodyExpectation
    var answerForm: AnswerForm
    var framing: BodyFraming
    var methodText: [UInt8]
    var path: [UInt8]
    var query: [UInt8]
    var host: [UInt8]
    var pin: [UInt8]
    var isLastHop: Bool
    var destination: Destination
    /// The bytes of the stream that it took.
    var length = 0

    enum Destination: Equatable {
        case controlAPI, anything
        case monitor(Int64)
        case socketIO([UInt8])
    }

    init(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) {
        method = head.method
        version = head.version
        persistence = head.persistence
        upgrade = head.upgrade
        expectation = head.expectation
        answerForm = head.answerForm
        framing = head.body
        methodText = Array(head.methodText.bytes(in: bytes))
        path = Array(head.path.bytes(in: bytes))
        query = Array(head.query.bytes(in: bytes))
        host = Array(head.host.bytes(in: bytes))
        pin = Array(head.pin.bytes(in: bytes))
        isLastHop = head.isLastHop
        destination =
            switch head.destination {
            case .controlAPI: .controlAPI
            case .node(.anything): .anything
            case .node(.monitor(let id)): .monitor(id)
            case .node(.socketIO(let session)): .socketIO(Array(session.bytes(in: bytes)))
            }
    }
}

/// Does with a stream what the data plane does: sniffs, stamps, and moves the body by its framing.
enum RequestRelay {
    static let address: StaticString = "192.0.2.7"
    static let proto: StaticString = "http"
    static let authority: StaticString = "192.0.2.1:8084"

    /// How body bytes that need not be looked at are moved.
    enum Moving { case copying, splicing }

    static func relay(
        _ stream: [UInt8], arriving lengths: [Int], trust: PeerTrust, moving: Moving
    ) -> RequestTranscript {
        stream.withUnsafeBytes { buffer in
            var relay = OneRelay(trust: trust, moving: moving)
            for length in lengths where relay.transcript.ending == .open {
                relay.advance(to: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
            }
            return relay.transcript
        }
    }

    private struct OneRelay: ~Copyable {
        var transcript = RequestTranscript()
        private let trust: PeerTrust
        private let moving: Moving
        private var fields = HeadFieldTable(capacity: FramingLimits.requestFields)
        private var sniffer = RequestHeadSniffer()
        /// Where the message begins, and up to where its bytes have been dealt with.
        private var start = 0
        private var position = 0
        private var body: BodyScanner?
        private var current: RelayedRequest?
        /// What of the message has been written already.
        private var pending: [UInt8] = []

        init(trust: PeerTrust, moving: Moving) {
            self.trust = trust
            self.moving = moving
        }

        /// SAFETY: the buffer is read during the call only; all before `position` was passed before.
        mutating func advance(to buffer: UnsafeRawBufferPointer) {
            while transcript.ending == .open {
                if body == nil, !readHead(buffer) { return }
                if body != nil, !readBody(buffer) { return }
            }
        }

        private mutating func readHead(_ buffer: UnsafeRawBufferPointer) -> Bool {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
            switch sniffer.sniff(rest, into: &fields) {
            case .needMore: return false
            case .rejected(let rejection): transcript.ending = .rejected(rejection)
            case .notHTTP: transcript.ending = .notHTTP
            case .complete(let head):
                sniffer = RequestHeadSniffer()
                current = RelayedRequest(head, rest)
                pending = rewrite(head, rest)
                body = BodyScanner(head.body)
                position = start + head.headBytes
            }
            return transcript.ending == .open
        }

        private func rewrite(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
            let room = head.headBytes + head.host.count + FramingLimits.requestStampRoom
            let stamps = RequestStamps(
                clientAddress: UnsafeRawBufferPointer(start: address.utf8Start, count: address.utf8CodeUnitCount),
                proto: UnsafeRawBufferPointer(start: proto.utf8Start, count: proto.utf8CodeUnitCount),
                authority: UnsafeRawBufferPointer(start: authority.utf8Start, count: authority.utf8CodeUnitCount),
                trust: trust)
            return [UInt8](unsafeUninitializedCapacity: room) { output, count in
                let outcome = RequestHeadRewriter.rewrite(
                    head, of: bytes, fields: fields, stamps: stamps, upstream: .keepAlive,
                    into: UnsafeMutableRawBufferPointer(output))
                switch outcome {
                case .written(let length): count = length
                // The documented room was not enough: an empty head fails the first property that looks at it.
                case .tooLarge: count = 0
                }
            }
        }

        private mutating func readBody(_ buffer: UnsafeRawBufferPointer) -> Bool {
            while let isComplete = body?.isComplete, !isComplete {
                guard position < buffer.count else { return false }
                var end = buffer.count
                let blind = Int(clamping: min(body?.blindBytes ?? 0, UInt64(buffer.count - position)))
                let step: BodyStep?
                if moving == .splicing, blind > 0 {
                    end = position + blind
                    step = body?.skip(UInt64(blind))
                } else {
                    if moving == .splicing { end = position + 1 }
                    step = body?.consume(UnsafeRawBufferPointer(rebasing: buffer[position..<end]))
                }
                switch step {
                case .none, .more: break
                case .complete(let count): end = position + count
                case .invalid(let violation):
                    transcript.ending = .violated(violation)
                    return false
                }
                pending += buffer[position..<end]
                position = end
            }
            finishMessage()
            return true
        }

        private mutating func finishMessage() {
            transcript.forwarded += pending
            if var message = current {
                message.length = position - start
                transcript.messages.append(message)
            }
            start = position
            body = nil
            current = nil
        }
    }
}

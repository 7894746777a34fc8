import HTTPFraming

/// What became of a node's stream: what the client would get, and how the reading ended.
struct ResponseTranscript {
    enum Ending: Equatable {
        case open
        /// All requests are answered, a tunnel has begun, or the node has ended a body until close.
        case finished
        /// The node ended within a body.
        case truncated
        case rejected(ResponseRejection)
        case violated(BodyViolation)
    }

    var messages: [RelayedResponse] = []
    var forwarded: [UInt8] = []
    var ending = Ending.open
}

/// What the sniffer says of one whole response.
struct RelayedResponse: Equatable {
    var kind: ResponseHead.Kind
    var status: UInt16
    var framing: BodyFraming
    var declaredLength: UInt64?
    var persistence: Persistence
    var coding: ContentCoding

    init(_ head: ResponseHead) {
        kind = head.kind
        status = head.status
        framing = head.body
        declaredLength = head.declaredLength
        persistence = head.persistence
        coding = head.coding
    }
}

enum ResponseRelay {
    static let routed = Array("X-Routed-Via: load-balancer\r\nX-Routed-To: n1\r\nX-Routed-Node: n1\r\n".utf8)

    /// The node closes after the last byte.
    static func relay(
        _ stream: [UInt8], answering requests: [RequestContext], arriving lengths: [Int], pin: PinClearing
    ) -> ResponseTranscript {
        stream.withUnsafeBytes { buffer in
            var relay = OneRelay(requests: requests, pin: pin)
            for length in lengths where relay.transcript.ending == .open {
                relay.advance(to: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
            }
            relay.close()
            return relay.transcript
        }
    }

    private struct OneRelay: ~Copyable {
        var transcript = ResponseTranscript()
        private let requests: [RequestContext]
        private let pin: PinClearing
        private var answered = 0
        private var fields = HeadFieldTable()
        private var sniffer = ResponseHeadSniffer()
        private var position = 0
        private var body: BodyScanner?
        private var current: RelayedResponse?
        private var pending: [UInt8] = []

        init(requests: [RequestContext], pin: PinClearing) {
            self.requests = requests
            self.pin = pin
        }

        /// SAFETY: the buffer is read during the call only; all before `position` was passed before.
        mutating func advance(to buffer: UnsafeRawBufferPointer) {
            while transcript.ending == .open {
                guard answered < requests.count else {
                    transcript.ending = .finished
                    return
                }
                if body == nil, !readHead(buffer) { return }
                if body != nil, !readBody(buffer) { return }
            }
        }

        private mutating func readHead(_ buffer: UnsafeRawBufferPointer) -> Bool {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[position...])
            switch sniffer.sniff(rest, answering: requests[answered], into: &fields) {
            case .needMore: return false
            case .rejected(let rejection): transcript.ending = .rejected(rejection)
            case .complete(let head):
                sniffer = ResponseHeadSniffer()
                current = RelayedResponse(head)
                pending = rewrite(head, rest)
                position += head.headBytes
                body = BodyScanner(head.body)
            }
            return transcript.ending == .open
        }

        private func rewrite(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
            let room = head.headBytes + routed.count + FramingLimits.responseStampRoom
            return [UInt8](unsafeUninitializedCapacity: room) { output, count in
                let outcome = routed.withUnsafeBytes { block in
                    ResponseHeadRewriter.rewrite(
                        head, of: bytes, fields: fields, client: .keepAlive, routed: block, pin: pin,
                        into: UnsafeMutableRawBufferPointer(output))
                }
                switch outcome {
                case .written(let length): count = length
                case .tooLarge: count = 0
                }
            }
        }

        private mutating func readBody(_ buffer: UnsafeRawBufferPointer) -> Bool {
            if body?.isComplete == false {
                guard position < buffer.count else { return false }
                let rest = UnsafeRawBufferPointer(rebasing: buffer[position...])
                switch body?.consume(rest) {
                case .none, .more:
                    pending += rest
                    position = buffer.count
                    return false
                case .complete(let count):
                    pending += rest[..<count]
                    position += count
                case .invalid(let violation):
                    transcript.ending = .violated(violation)
                    return false
                }
            }
            finishMessage()
            return true
        }

        private mutating func finishMessage() {
            transcript.forwarded += pending
            body = nil
            guard let message = current else { return }
            transcript.messages.append(message)
            switch message.kind {
            case .interim: break
            case .tunnel: transcript.ending = .finished
            case .final: answered += 1
            }
        }

        mutating func close() {
            guard transcript.ending == .open, body != nil else { return }
            switch body?.endOfStream() {
            case .complete:
                finishMessage()
                transcript.ending = .finished
            case .none, .more, .invalid: transcript.ending = .truncated
            }
        }
    }
}

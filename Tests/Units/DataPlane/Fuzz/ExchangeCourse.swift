import HTTPFraming
import RepeatableRandom

@testable import DataPlane

/// One exchange and what happens to it, beside a plain account of what was said, by which the machine is judged.
struct ExchangeCourse {
    private(set) var machine: ExchangeStateMachine
    private(set) var faults: [String] = []

    private var random: SeededRandom
    private let script: ExchangeScript
    private let head: RequestHead
    private var requestSent = 0
    private var responseSent = 0
    private var answer: ResponseHead?
    /// What of the response's body a client of HTTP/1.0 got.
    private var bare: [UInt8] = []
    private var announced: Persistence?
    private var hasNodeSpoken = false
    private var hasNodeEnded = false
    private var hasOverrun = false
    private var hasTunnel = false
    /// The nodes that may have had the request, and the connections on which it went.
    private var nodes = 1
    private var sendings = 1
    private var isOver = false

    init(seed: UInt64) throws {
        random = SeededRandom(seed: seed)
        script = ExchangeScript(&random)
        head = try ExchangeStateMachineTests.request(script.head)
        machine = ExchangeStateMachine(head, upstream: script.origin)
    }

    mutating func run() {
        for _ in 0..<24 where !isOver {
            step()
            checkAlways()
        }
    }

    private mutating func expect(_ holds: Bool, _ what: String) { if !holds { faults.append(what) } }

    private mutating func step() {
        switch random.index(below: 10) {
        case 0...2: clientSends()
        case 3...6: nodeSends()
        case 7: if random.index(below: 3) == 0 { nodeEnds() }
        case 8: if machine.stage == .complete, !hasTunnel, random.index(below: 4) == 0 { nodeOverruns() }
        case _: timeOut()
        }
    }

    // MARK: The client

    private mutating func clientSends() {
        guard !machine.isRequestComplete else { return }
        let whole = script.body + Array("GET /next".utf8)
        let piece = Array(whole[requestSent..<min(whole.count, requestSent + 1 + random.index(below: 12))])
        switch piece.withUnsafeBytes({ machine.received(fromClient: $0) }) {
        case .forward:
            requestSent += piece.count
            expect(requestSent < script.body.count, "took more than the request's body")
            expect(!machine.isRequestComplete, "complete, but says that more is to come")
        case .forwardLast(let count):
            requestSent += count
            expect(count <= piece.count && requestSent == script.body.count, "ends the request's body elsewhere")
            expect(machine.isRequestComplete, "the last byte is there, but the request is not complete")
        case .reject:
            expect(script.isBodyBroken, "rejects a good body")
            isOver = true
        }
    }

    // MARK: The node

    private mutating func nodeSends() {
        guard !hasNodeEnded, !hasTunnel else { return }
        hasNodeSpoken = true
        machine.upstreamSpoke()
        switch machine.stage {
        case .awaitingHead: nodeSendsHead()
        case .body: nodeSendsBody()
        case .complete: break
        }
    }

    private mutating func nodeSendsHead() {
        let text = random.index(below: 4) == 0 ? "HTTP/1.1 103 Early Hints\r\n\r\n" : script.responseHead
        guard let response = try? ExchangeStateMachineTests.response(text, to: machine) else {
            // Refused before the machine hears of it: a `101` that nobody asked for.
            expect(text.contains(" 101 ") && head.upgrade == .none, "a good response head is refused")
            isOver = true
            return
        }
        let wasComplete = machine.isRequestComplete
        let service: ExchangeStateMachine.Service = random.index(below: 5) == 0 ? .draining : .open
        let action = machine.received(response, while: service)
        switch action {
        case .forwardInterim, .dropInterim:
            expect(
                response.kind == .interim && machine.stage == .awaitingHead, "an interim response moves the exchange")
            expect((action == .dropInterim) == (head.version == .http10), "interim responses are for HTTP/1.1")
        case .startTunnel:
            hasTunnel = true
            expect(head.upgrade == .webSocket, "a tunnel that nobody asked for")
        case .relay(let client):
            answer = response
            announced = client
            expect(machine.stage != .awaitingHead, "still waits for the head that it relays")
            let isBeyondClient = head.version == .http10 && response.body == .chunked
            let mustClose =
                !wasComplete || isBeyondClient || response.body == .untilClose || service == .draining
                || head.persistence == .close
            expect((client == .close) == mustClose, "tells the client \(client)")
        }
    }

    private mutating func nodeSendsBody() {
        let whole = script.responseBody + Array("HTTP/1.1 200".utf8)
        let end = min(whole.count, responseSent + 1 + random.index(below: 12))
        guard responseSent < end else { return }
        let piece = Array(whole[responseSent..<end])
        switch receive(piece) {
        case .forward:
            responseSent += piece.count
            if answer?.body != .untilClose {
                expect(responseSent < script.responseBody.count, "took too much of a response")
            }
        case .forwardLast(let count):
            responseSent += count
            expect(responseSent == script.responseBody.count, "ends the response elsewhere")
            expect(machine.stage == .complete, "the last byte is there, but the response is not complete")
            if machine.bodyForm == .bare { expect(bare == Array("Hello".utf8), "other data than was framed: \(bare)") }
        case .breakOff:
            expect(script.isResponseBroken, "breaks a good response off")
            isOver = true
        }
    }

    /// As the reactor does: with the framing, or for a client that cannot read it, without.
    private mutating func receive(_ piece: [UInt8]) -> ExchangeStateMachine.ResponseBytesAction {
        let isBeyondClient = head.version == .http10 && answer?.body == .chunked
        expect((machine.bodyForm == .bare) == isBeyondClient, "relays the body \(machine.bodyForm)")
        guard machine.bodyForm == .bare else { return piece.withUnsafeBytes { machine.received(fromUpstream: $0) } }
        var data = [UInt8](repeating: 0, count: piece.count)
        let received = piece.withUnsafeBytes { piece in
            data.withUnsafeMutableBytes { machine.received(fromUpstream: piece, copyingDataTo: $0) }
        }
        bare += data.prefix(received.dataBytes)
        return received.action
    }

    private mutating func nodeEnds() {
        guard !hasTunnel else { return }
        let stage = machine.stage
        let end: ExchangeStateMachine.UpstreamEnd = random.index(below: 2) == 0 ? .closed : .reset
        switch machine.upstreamEnded(end) {
        case .replay(let way):
            expect(stage == .awaitingHead && !hasNodeSpoken, "sends again what was answered")
            expect(
                head.method.isRetryable && head.body == .none && head.upgrade == .none, "sends again what is not safe")
            if case .node(.socketIO) = head.destination { expect(false, "sends a poll again") }
            sendAgain(way)
            return
        case .answerBadGateway:
            expect(stage == .awaitingHead, "answers in the middle of a response")
            isOver = true
        case .finish:
            expect(stage == .complete || answer?.body == .untilClose && end == .closed, "takes a part for the whole")
        case .breakOff:
            expect(stage == .body, "breaks off what has not begun")
            isOver = true
        }
        hasNodeEnded = true
    }

    private mutating func sendAgain(_ way: ExchangeStateMachine.Again) {
        let isFirstOfKept = script.origin == .kept && sendings == 1
        expect((way == .freshConnection) == isFirstOfKept, "goes again by \(way)")
        sendings += 1
        // Its node may be gone from the table: then the fresh connection is another node's.
        let taken = random.index(below: 4) == 0 ? .anotherNode : way
        nodes += taken == .anotherNode ? 1 : 0
        machine.replayed(taken)
        if taken == .freshConnection, random.index(below: 3) == 0 {
            // The fresh connect is refused.
            machine.movedOn()
            nodes += 1
        }
        expect(nodes <= 2, "\(nodes) nodes have had the request")
    }

    private mutating func nodeOverruns() {
        machine.upstreamOverran()
        hasOverrun = true
    }

    private mutating func timeOut() {
        let expected: ExchangeStateMachine.TimeoutAction =
            switch (machine.stage, machine.isRequestComplete) {
            case (.awaitingHead, true): .answerGatewayTimeout
            case (.awaitingHead, false): .answerRequestTimeout
            case (.body, _), (.complete, _): .breakOff
            }
        expect(machine.timedOut() == expected, "answers a late node wrongly")
    }

    // MARK: What always holds

    private mutating func checkAlways() {
        guard !isOver else { return }
        expect(machine.isUnanswered == (machine.stage == .awaitingHead), "cannot tell whether it has answered")
        switch machine.ending {
        case .unfinished: expect(machine.stage != .complete, "complete, but unfinished")
        case .closeClient(let upstream, _):
            expect(machine.stage == .complete, "ends an exchange that is not over")
            expect(upstream == .close || machine.isRequestComplete, "keeps an upstream that awaits a request's rest")
            if !hasTunnel { expect(announced == .close, "closes a connection that the client was told to keep") }
        case .next(let upstream):
            expect(machine.stage == .complete && machine.isRequestComplete, "a next request within this one")
            if hasTunnel { return }
            expect(announced == .keepAlive, "goes on with a client that was told to leave")
            let isUsable =
                answer?.persistence == .keepAlive && !hasNodeEnded && !hasOverrun && head.upgrade == .none
            expect((upstream == .keepAlive) == isUsable, "upstream \(upstream) after \(String(describing: answer))")
        }
    }

    // MARK: Undisturbed

    /// The ending of an exchange in which both sides say all that they have to say: whole, byte by byte, or in pieces.
    static func undisturbed(seed: UInt64, splitting: Int) throws -> ExchangeStateMachine.Ending? {
        var random = SeededRandom(seed: seed)
        let script = ExchangeScript(&random)
        guard !script.isBodyBroken, !script.isResponseBroken else { return nil }
        let head = try ExchangeStateMachineTests.request(script.head)
        var machine = ExchangeStateMachine(head, upstream: script.origin)
        for piece in pieces(script.body, splitting, &random) {
            _ = piece.withUnsafeBytes { machine.received(fromClient: $0) }
        }
        guard let response = try? ExchangeStateMachineTests.response(script.responseHead, to: machine) else {
            return nil
        }
        _ = machine.received(response, while: .open)
        if machine.stage == .body {
            for piece in pieces(script.responseBody, splitting, &random) {
                _ = piece.withUnsafeBytes { machine.received(fromUpstream: $0) }
            }
        }
        if response.body == .untilClose { _ = machine.upstreamEnded(.closed) }
        return machine.ending
    }

    private static func pieces(_ bytes: [UInt8], _ splitting: Int, _ random: inout SeededRandom) -> [[UInt8]] {
        switch splitting {
        case 0: return bytes.isEmpty ? [] : [bytes]
        case 1: return bytes.map { [$0] }
        case _:
            let cut = random.index(below: bytes.count + 1)
            return [Array(bytes[..<cut]), Array(bytes[cut...])].filter { !$0.isEmpty }
        }
    }
}

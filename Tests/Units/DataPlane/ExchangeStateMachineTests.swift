import HTTPFraming
import Testing

@testable import DataPlane

@Suite("One exchange, as decisions without sockets")
struct ExchangeStateMachineTests {
    /// A head, sniffed from its text.
    static func request(_ text: String) throws -> RequestHead {
        var sniffer = RequestHeadSniffer()
        var fields = HeadFieldTable()
        let outcome = Array(text.utf8).withUnsafeBytes { sniffer.sniff($0, into: &fields) }
        guard case .complete(let head) = outcome else { throw Unreadable(text: text) }
        return head
    }

    static func response(_ text: String, to machine: ExchangeStateMachine) throws -> ResponseHead {
        var sniffer = ResponseHeadSniffer()
        var fields = HeadFieldTable()
        let outcome = Array(text.utf8).withUnsafeBytes {
            sniffer.sniff($0, answering: machine.context, into: &fields)
        }
        guard case .complete(let head) = outcome else { throw Unreadable(text: text) }
        return head
    }

    struct Unreadable: Error { let text: String }

    static func get(
        _ fields: String = "", path: String = "/", upstream: ExchangeStateMachine.UpstreamOrigin = .fresh
    ) throws -> ExchangeStateMachine {
        ExchangeStateMachine(try request("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"), upstream: upstream)
    }

    static func post(length: Int) throws -> ExchangeStateMachine {
        ExchangeStateMachine(
            try request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n"), upstream: .fresh)
    }

    @Test("A request and a response with bodies: both connections stay")
    func whole() throws {
        var machine = try Self.post(length: 3)
        #expect(!machine.isRequestComplete)
        #expect(Array("ab".utf8).withUnsafeBytes { machine.received(fromClient: $0) } == .forward)
        #expect(Array("cGET".utf8).withUnsafeBytes { machine.received(fromClient: $0) } == .forwardLast(1))
        #expect(machine.ending == .unfinished)
        let head = try Self.response("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", to: machine)
        #expect(machine.received(head, while: .open) == .relay(client: .keepAlive))
        #expect(machine.ending == .unfinished)
        #expect(Array("done".utf8).withUnsafeBytes { machine.received(fromUpstream: $0) } == .forwardLast(4))
        #expect(machine.ending == .next(upstream: .keepAlive))
    }

    @Test("A node that wants to close is not kept; a client that wants to close, or that drains, is told so")
    func persistence() throws {
        var machine = try Self.get()
        let closing = try Self.response(
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", to: machine)
        #expect(machine.received(closing, while: .open) == .relay(client: .keepAlive))
        #expect(machine.ending == .next(upstream: .close))

        var leaving = try Self.get("Connection: close\r\n")
        let plain = try Self.response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", to: leaving)
        #expect(leaving.received(plain, while: .open) == .relay(client: .close))
        #expect(leaving.ending == .closeClient(upstream: .keepAlive, by: .client))

        var drained = try Self.get()
        #expect(drained.received(plain, while: .draining) == .relay(client: .close))
        #expect(drained.ending == .closeClient(upstream: .keepAlive, by: .balancer))
    }

    @Test("A client of HTTP/1.0 that is sent chunks learns their end from the end of its connection")
    func chunksBeyondClient() throws {
        let head = try Self.request("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
        var old = ExchangeStateMachine(head, upstream: .fresh)
        let chunked = try Self.response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", to: old)
        #expect(old.received(chunked, while: .open) == .relay(client: .close))
        #expect(old.bodyForm == .bare)
        let body = Array("3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\nHTTP/1.1".utf8)
        var data = [UInt8](repeating: 0, count: body.count)
        let received = body.withUnsafeBytes { body in
            data.withUnsafeMutableBytes { old.received(fromUpstream: body, copyingDataTo: $0) }
        }
        #expect(received.action == .forwardLast(body.count - 8))
        #expect(data.prefix(received.dataBytes).elementsEqual("abcde".utf8))
        #expect(old.ending == .closeClient(upstream: .keepAlive, by: .balancer))

        var other = ExchangeStateMachine(head, upstream: .fresh)
        let counted = try Self.response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", to: other)
        #expect(other.received(counted, while: .open) == .relay(client: .keepAlive))
        #expect(other.bodyForm == .framed)
    }

    @Test("Bytes behind the response make the upstream connection useless")
    func overrun() throws {
        var machine = try Self.get()
        let head = try Self.response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", to: machine)
        _ = machine.received(head, while: .open)
        machine.upstreamOverran()
        #expect(machine.ending == .next(upstream: .close))
    }

    @Test("An early response ends the client's connection, and says so in its head")
    func early() throws {
        var machine = try Self.post(length: 1_000)
        let head = try Self.response("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", to: machine)
        #expect(machine.received(head, while: .open) == .relay(client: .close))
        #expect(machine.ending == .closeClient(upstream: .close, by: .balancer))
    }

    @Test("Interim responses go to HTTP/1.1 clients only, and leave the exchange where it was")
    func interim() throws {
        var machine = try Self.get()
        let head = try Self.response("HTTP/1.1 103 Early Hints\r\n\r\n", to: machine)
        #expect(machine.received(head, while: .open) == .forwardInterim)
        #expect(machine.stage == .awaitingHead)
        var old = ExchangeStateMachine(try Self.request("GET / HTTP/1.0\r\n\r\n"), upstream: .fresh)
        #expect(old.received(head, while: .open) == .dropInterim)
    }

    @Test("Unanswered, a safe request goes again: on a fresh connection if its own was kept, then to one other node")
    func replay() throws {
        var kept = try Self.get(upstream: .kept)
        #expect(kept.upstreamEnded(.reset) == .replay(.freshConnection))
        kept.replayed(.freshConnection)
        #expect(kept.upstreamEnded(.closed) == .replay(.anotherNode))
        kept.replayed(.anotherNode)
        #expect(kept.upstreamEnded(.closed) == .answerBadGateway)
        var fresh = try Self.get(upstream: .fresh)
        #expect(fresh.upstreamEnded(.closed) == .replay(.anotherNode))
        fresh.replayed(.anotherNode)
        #expect(fresh.upstreamEnded(.closed) == .answerBadGateway)
        var answered = try Self.get(upstream: .kept)
        answered.upstreamSpoke()
        #expect(answered.upstreamEnded(.closed) == .answerBadGateway)
        var poll = try Self.get(path: "/socket.io/?EIO=4&transport=polling&sid=x", upstream: .kept)
        #expect(poll.upstreamEnded(.closed) == .answerBadGateway)
        var upgrade = ExchangeStateMachine(
            try Self.request(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"),
            upstream: .fresh)
        #expect(upgrade.upstreamEnded(.closed) == .answerBadGateway)
        #expect(!ExchangeStateMachine.isReplayable(try Self.request("POST / HTTP/1.1\r\nHost: a\r\n\r\n")))
        #expect(
            !ExchangeStateMachine.isReplayable(
                try Self.request("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")))
    }

    @Test("Two nodes at most have a request: one that was sent, and moved on when a connect failed, goes no further")
    func movedOn() throws {
        var sent = try Self.get(upstream: .kept)
        #expect(sent.upstreamEnded(.reset) == .replay(.freshConnection))
        sent.replayed(.freshConnection)
        sent.movedOn()
        #expect(sent.upstreamEnded(.reset) == .answerBadGateway)
        var unsent = try Self.get(upstream: .fresh)
        unsent.movedOn()
        #expect(unsent.upstreamEnded(.reset) == .replay(.anotherNode))
    }

    @Test("Safe requests take any idle connection, the others one that is verified, those that become tunnels none")
    func reuse() throws {
        func reuse(_ head: String) throws -> ExchangeStateMachine.Reuse {
            ExchangeStateMachine.reuse(for: try Self.request("\(head) HTTP/1.1\r\nHost: a\r\n\r\n"))
        }
        #expect(try reuse("GET /") == .any)
        #expect(try reuse("HEAD /lb/health") == .any)
        #expect(try reuse("GET /socket.io/?EIO=4&transport=polling") == .verified)
        #expect(try reuse("POST /socket.io/?EIO=4&transport=polling") == .verified)
        #expect(try reuse("POST /") == .verified)
        #expect(try reuse("DELETE /api/x") == .verified)
        let upgrade =
            "GET /socket.io/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        #expect(ExchangeStateMachine.reuse(for: try Self.request(upgrade)) == .never)
    }

    @Test("The node's end is the end of a body that lasts until it, and a breach of any other")
    func ends() throws {
        var untilClose = try Self.get()
        let open = try Self.response("HTTP/1.1 200 OK\r\n\r\n", to: untilClose)
        #expect(untilClose.received(open, while: .open) == .relay(client: .close))
        var reset = untilClose
        #expect(untilClose.upstreamEnded(.closed) == .finish)
        #expect(untilClose.ending == .closeClient(upstream: .close, by: .balancer))
        #expect(reset.upstreamEnded(.reset) == .breakOff)
        for framing in ["Content-Length: 9", "Transfer-Encoding: chunked"] {
            var machine = try Self.get()
            let head = try Self.response("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n", to: machine)
            _ = machine.received(head, while: .open)
            #expect(machine.upstreamEnded(.closed) == .breakOff)
        }
    }

    @Test("A late node: 504 before its response has begun, a broken response after")
    func timeouts() throws {
        var machine = try Self.get()
        #expect(machine.timedOut() == .answerGatewayTimeout)
        let head = try Self.response("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", to: machine)
        _ = machine.received(head, while: .open)
        #expect(machine.timedOut() == .breakOff)
    }

    @Test("A body that breaks its framing is rejected, a response that does is broken off")
    func violations() throws {
        var machine = ExchangeStateMachine(
            try Self.request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), upstream: .fresh)
        guard case .reject = Array("zz\r\n".utf8).withUnsafeBytes({ machine.received(fromClient: $0) }) else {
            Issue.record("accepted a bad chunk size")
            return
        }
        var answer = try Self.get()
        let head = try Self.response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", to: answer)
        _ = answer.received(head, while: .open)
        #expect(Array("zz\r\n".utf8).withUnsafeBytes { answer.received(fromUpstream: $0) } == .breakOff)
    }
}

import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Requests whose upstream connection dies, and those that must not be sent again")
struct RetryTests {
    @Test("A kept upstream connection that dies under a GET is replaced, and the client does not notice")
    func replay() throws {
        let origin = try Origin { socket, origin in
            let request = try socket.readMessage(.request)
            origin.note(request)
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            // The second request is read and left unanswered: the worst moment for a close.
            _ = try socket.readMessage(.request)
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        for _ in 0..<5 { #expect(try client.get("/").text == "ok") }
        #expect(origin.acceptedConnections == 5)
        client.close()
        try balancer.expectBalanced()
    }

    @Test("POSTs and polls use a connection that has just carried an answer and is open")
    func verified() throws {
        let poll = "/socket.io/?EIO=4&transport=polling&sid=abc"
        try withinASecond {
            let origin = try Origin.named("one")
            let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
            let client = try balancer.connect()
            let texts = [
                try client.get("/").text,
                try client.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").text,
                try client.get(poll).text,
                try client.exchange("POST \(poll) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n40").text,
            ]
            return {
                #expect(texts == ["one", "one", "one", "one"])
                #expect(origin.acceptedConnections == 1)
            }
        }
    }

    /// Does something for which a connection must not be idle for a second, anew where the machine took longer over it, and
    /// then what it returns.
    private func withinASecond(_ attempt: () throws -> () -> Void) throws {
        var check: () -> Void = {}
        try blockUntil("the machine takes less than a second") {
            let begun = Balancer.monotonicNanoseconds
            check = try attempt()
            return Balancer.monotonicNanoseconds - begun < 900_000_000
        }
        check()
    }

    @Test("A POST uses no connection that has been idle for a second, a GET does")
    func idleTooLong() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        #expect(try client.get("/").text == "one")
        let answered = Balancer.monotonicNanoseconds
        try blockUntil("a second has passed") { Balancer.monotonicNanoseconds - answered > 1_050_000_000 }
        #expect(try client.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").text == "one")
        #expect(origin.acceptedConnections == 2)
        #expect(try client.get("/").text == "one")
        #expect(origin.acceptedConnections == 2)
    }

    @Test("A POST that is lost on a connection just seen open is a 502, and reaches a node once")
    func postOnce() throws {
        try withinASecond {
            let origin = try Origin { socket, origin in
                origin.note(try socket.readMessage(.request))
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                origin.note(try socket.readMessage(.request))
            }
            let well = try Origin.named("well")
            let balancer = try Balancer([
                .init(id: "node1", port: origin.port), .init(id: "node2", port: well.port, monitors: 5),
            ])
            let client = try balancer.connect()
            let first = try client.get("/").text
            let answer = try client.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            return {
                #expect(first == "ok")
                #expect(answer.status == 502)
                #expect(origin.requests.map(\.method) == ["GET", "POST"])
                #expect(well.requests.isEmpty)
            }
        }
    }

    @Test("A GET whose kept connection and then a fresh one die goes to another node, and to no third")
    func keptThenDying() throws {
        let isDying = Atomic<Bool>(false)
        let dying = try Origin { socket, origin in
            while true {
                origin.note(try socket.readMessage(.request))
                if isDying.load(ordering: .acquiring) { return socket.reset() }
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let well = try Origin.named("well")
        let balancer = try Balancer(
            [.init(id: "node1", port: dying.port), .init(id: "node2", port: well.port, monitors: 5)], reactors: 1)
        let client = try balancer.connect()
        #expect(try client.get("/").text == "ok")
        isDying.store(true, ordering: .releasing)
        #expect(try client.get("/").text == "well")
        #expect(dying.requests.count == 3, "the first; on the kept connection; on a fresh one")
        #expect(balancer.sum { $0.retried.load(ordering: .acquiring) } == 2)

        isDying.store(false, ordering: .releasing)
        let rest = try Balancer((1...3).map { .init(id: "node\($0)", port: dying.port) }, reactors: 1)
        let other = try rest.connect()
        #expect(try other.get("/").text == "ok")
        isDying.store(true, ordering: .releasing)
        #expect(try other.get("/").status == 502)
        #expect(dying.requests.count == 7, "one answered; kept and fresh at one node, then one more at another")
        #expect(try other.receiveToEnd().bytes.isEmpty)
    }

    @Test("A poll that dies unanswered is a 502, and reaches a node once")
    func pollOnce() throws {
        let origin = try Origin { socket, origin in origin.note(try socket.readMessage(.request)) }
        let balancer = try Balancer([
            .init(id: "node1", port: origin.port), .init(id: "node2", port: origin.port, monitors: 5),
        ])
        #expect(try balancer.connect().get("/socket.io/?EIO=4&transport=polling&sid=abc").status == 502)
        #expect(
            try balancer.connect().exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").status == 502)
        #expect(origin.requests.count == 2)
    }

    @Test("A GET whose fresh connection dies unanswered goes to another node, once")
    func anotherNode() throws {
        let dying = try Origin { socket, origin in origin.note(try socket.readMessage(.request)) }
        let well = try Origin.named("well")
        let balancer = try Balancer([
            .init(id: "node1", port: dying.port), .init(id: "node2", port: well.port, monitors: 5),
        ])
        let client = try balancer.connect()
        let response = try client.get("/")
        #expect(response.text == "well")
        #expect(response["X-Routed-To"] == ["host-of-node2"])
        #expect(response["X-Routed-Node"] == ["node2"])
        #expect(dying.requests.count == 1)
        // All of them die: two nodes have seen the request then, and no third does.
        let rest = try Balancer((1...3).map { .init(id: "node\($0)", port: dying.port) })
        #expect(try rest.connect().get("/").status == 502)
        #expect(dying.requests.count == 3)
    }

    /// An ordinary POST.
    private static let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"

    /// One that a test has end its connections: what it has, and whether requests are answered.
    private final class Doomed: Sendable {
        let isDying = Atomic<Bool>(false)
        let sockets = Mutex<[TestSocket]>([])
    }

    /// `doomed` and a node that is well and has more monitors; the moment for which the former counts as shaken outlasts
    /// the test.
    private func pair(_ doomed: Doomed) throws -> (Origin, Origin, Balancer) {
        let dying = try Origin { socket, origin in
            doomed.sockets.withLock { $0.append(socket) }
            while true {
                origin.note(try socket.readMessage(.request))
                if doomed.isDying.load(ordering: .acquiring) { return socket.reset() }
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndying")
            }
        }
        let well = try Origin.named("well")
        let balancer = try Balancer(
            [.init(id: "node1", port: dying.port), .init(id: "node2", port: well.port, monitors: 5)], reactors: 1
        ) { $0.shakenSpan = .seconds(60) }
        return (dying, well, balancer)
    }

    @Test("What can be sent only once keeps away from a node that has just broken off a request; a GET does not")
    func shaken() throws {
        let doomed = Doomed()
        let (dying, well, balancer) = try pair(doomed)
        let stayer = try balancer.connect()
        #expect(try stayer.get("/").text == "dying")
        doomed.isDying.store(true, ordering: .releasing)
        #expect(try balancer.connect().exchange(Self.post).status == 502)
        #expect(well.requests.isEmpty, "it is not sent twice")
        // As one that is being killed: it goes on taking connections for a moment, and answers none.
        #expect(try balancer.connect().exchange(Self.post).text == "well")
        #expect(try stayer.exchange(Self.post).text == "well", "a client that was there moves")
        #expect(try balancer.connect().get("/socket.io/?EIO=4&transport=polling").text == "well")
        #expect(dying.requests.map(\.method) == ["GET", "POST"])
        doomed.isDying.store(false, ordering: .releasing)
        #expect(try balancer.connect().get("/").text == "dying")
    }

    @Test("A connection that a node ends just after its answer sends the next POST to another node")
    func shakenWhileIdle() throws {
        let doomed = Doomed()
        let (dying, _, balancer) = try pair(doomed)
        let client = try balancer.connect()
        #expect(try client.get("/").text == "dying")
        // As server.close() of Node.js: idle connections first, its listener last.
        for socket in doomed.sockets.withLock({ $0 }) { socket.interrupt() }
        #expect(try client.exchange(Self.post).text == "well")
        #expect(dying.requests.count == 1)
    }

    @Test("No idempotent request fails while a node dies under load")
    func nodeDies() throws {
        let doomed = Mutex<Origin?>(try Origin.named("one"))
        let well = try Origin.named("two")
        let port = try #require(doomed.withLock { $0?.port })
        let balancer = try Balancer([.init(id: "node1", port: port), .init(id: "node2", port: well.port)])
        let failures = Mutex<[String]>([])
        let done = Atomic<Int>(0)
        for _ in 0..<16 {
            Thread.detachNewThread {
                do {
                    let client = try balancer.connect()
                    for _ in 0..<200 {
                        let response = try client.get("/")
                        if response.status != 200 { failures.withLock { $0.append(response.startLine) } }
                    }
                } catch { failures.withLock { $0.append("\(error)") } }
                done.add(1, ordering: .acquiringAndReleasing)
            }
        }
        try blockUntil("requests on both nodes") {
            balancer.traffic(of: "node1").requests.load(ordering: .acquiring) > 50
        }
        doomed.withLock { $0?.stop() }
        try blockUntil("every client is through", within: .seconds(60)) { done.load(ordering: .acquiring) == 16 }
        #expect(failures.withLock { $0 } == [])
        try balancer.expectBalanced()
    }
}

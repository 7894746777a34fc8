import ClusterCore
import Foundation
import Synchronization
import Testing
import Waiting

@testable import DataPlane

@Suite("Idle upstream connections")
struct UpstreamPoolTests {
    @Test("Clients that come one after another use one upstream connection; each is counted at its node while it stays")
    func shared() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        for _ in 0..<5 {
            let client = try balancer.connect()
            #expect(try client.get("/").text == "one")
            #expect(balancer.traffic(of: "node1").openConnections.load(ordering: .acquiring) == 1)
            client.close()
            try balancer.expectBalanced()
        }
        #expect(origin.acceptedConnections == 1)
        #expect(origin.openConnections == 1, "it waits for the next client")
    }

    @Test("A client that asks for its connection to be closed leaves the upstream connection to the next one")
    func sharedByClosingClients() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        for _ in 0..<5 {
            let client = try balancer.connect()
            let response = try client.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(response.text == "one")
            #expect(response["Connection"] == ["close"])
            let rest = try client.receiveToEnd()
            #expect(rest.bytes.isEmpty)
            #expect(rest.end == .closed, "never a reset, which could destroy the response")
        }
        #expect(origin.acceptedConnections == 1)
        #expect(origin.requests.allSatisfy { $0["Connection"] == ["keep-alive"] }, "the node is not asked to close")
        try balancer.expectBalanced()
    }

    @Test("Clients that hold their connection between requests take turns on one upstream connection")
    func turns() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let clients = try (0..<8).map { _ in try balancer.connect() }
        for _ in 0..<3 { for client in clients { #expect(try client.get("/").text == "one") } }
        #expect(origin.acceptedConnections == 1)
        #expect(balancer.traffic(of: "node1").openConnections.load(ordering: .acquiring) == 8)
    }

    @Test("Only so many connections to a node stay idle")
    func bounded() throws {
        let limit = UpstreamPool.idlePerTarget
        let waiting = Atomic<Int>(0)
        let origin = try Origin.http { _ in
            // All at once, so that each needs a connection of its own.
            waiting.add(1, ordering: .acquiringAndReleasing)
            try? blockUntil("every client has asked") { waiting.load(ordering: .acquiring) >= limit + 8 }
            return "one"
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let clients = try (0..<limit + 8).map { _ in try balancer.connect() }
        for client in clients { try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in clients { #expect(try client.readResponse().text == "one") }
        #expect(origin.acceptedConnections == limit + 8)
        try blockUntil("the others closed") { origin.openConnections == limit }
    }

    @Test("An idle connection is given up before Node.js would close it, whether or not its client stays")
    func expires() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)]) {
            $0.keptUpstreamIdle = .milliseconds(100)
        }
        let client = try balancer.connect()
        #expect(try client.get("/").text == "one")
        try blockUntil("the idle upstream connection closed") { origin.openConnections == 0 }
        #expect(try client.get("/").text == "one")
        #expect(origin.acceptedConnections == 2)
        client.close()
        try blockUntil("that of a client that left, too") { origin.openConnections == 0 }
    }

    @Test("An idle connection that the node ends is never used, or its request is sent again")
    func ended() throws {
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        for _ in 0..<20 {
            #expect(try client.get("/").text == "ok")
            // A poll is not sent again, so only for it the end must have arrived.
            try blockUntil("the node closed") { origin.openConnections == 0 }
            #expect(try client.get("/socket.io/?EIO=4&transport=polling&sid=abc").text == "ok")
        }
        #expect(balancer.sum { $0.failed.load(ordering: .acquiring) } == 0)
    }

    @Test("A connection whose node speaks without being asked carries nothing more")
    func outOfStep() throws {
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            _ = try socket.receiveToEnd()
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        #expect(try client.get("/").text == "ok")
        try blockUntil("the connection closed") { origin.openConnections == 0 }
        #expect(try client.get("/").text == "ok")
    }

    @Test(
        "Idle connections of a node that goes offline, moves or leaves the table are closed at once",
        arguments: ["offline", "moved", "gone"])
    func flushed(_ change: String) throws {
        let origin = try Origin.named("one")
        let next = try Origin.named("two")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        #expect(try client.get("/").text == "one")
        switch change {
        case "offline":
            try balancer.publish([
                .init(id: "node1", port: origin.port, status: .offline, isReachable: false),
                .init(id: "node2", port: next.port),
            ])
        case "moved": try balancer.publish([.init(id: "node1", port: next.port)])
        case _: try balancer.publish([.init(id: "node2", port: next.port)])
        }
        try blockUntil("the idle connection closed") { origin.openConnections == 0 }
        #expect(try client.get("/").text == "two")
    }

    @Test("A connection that was busy while its node moved is not kept")
    func movedMeanwhile() throws {
        let mayAnswer = Atomic<Bool>(false)
        let origin = try Origin.http { _ in
            try? blockUntil("the node moved") { mayAnswer.load(ordering: .acquiring) }
            return "one"
        }
        let next = try Origin.named("two")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil("the request at the node") { origin.requests.count == 1 }
        try balancer.publish([.init(id: "node1", port: next.port)])
        // Another client sees the new table: so does the reactor.
        #expect(try balancer.connect().get("/").text == "two")
        mayAnswer.store(true, ordering: .releasing)
        #expect(try client.readResponse().text == "one")
        try blockUntil("the connection closed") { origin.openConnections == 0 }
        #expect(try client.get("/").text == "two")
    }

    @Test("The control API's connections are kept, too")
    func controlAPI() throws {
        let path = "/tmp/kuma-pool-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        let api = try Origin.http(unixPath: path) { _ in "api" }
        let balancer = try Balancer([], reactors: 1, controlSocketPath: path)
        for _ in 0..<4 { #expect(try balancer.connect().get("/lb/health").text == "api") }
        #expect(api.acceptedConnections == 1)
    }
}

import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Which node a request goes to, and what its heads say")
struct RoutingTests {
    @Test("A request goes to the least loaded node, and both heads are stamped")
    func leastLoaded() throws {
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        let balancer = try Balancer([
            .init(id: "node1", port: one.port, monitors: 9), .init(id: "node2", port: two.port, monitors: 3),
        ])
        let client = try balancer.connect()
        let response = try client.get("/dashboard?tag=1", "X-Forwarded-For: 6.6.6.6", "Connection: keep-alive")
        #expect(response.status == 200)
        #expect(response.text == "two")
        #expect(response["X-Routed-Via"] == ["load-balancer"])
        #expect(response["X-Routed-To"] == ["host-of-node2"])
        #expect(response["Set-Cookie"].isEmpty)
        let request = try #require(two.requests.first)
        #expect(request.startLine == "GET /dashboard?tag=1 HTTP/1.1")
        #expect(request["Host"] == ["kuma.test"])
        #expect(request["X-Forwarded-For"] == ["127.0.0.1"])
        #expect(request["X-Real-IP"] == ["127.0.0.1"])
        #expect(request["X-Forwarded-Proto"] == ["http"])
        #expect(request["X-Forwarded-Host"] == ["kuma.test"])
        client.close()
        try balancer.expectBalanced()
        #expect(balancer.traffic(of: "node2").requests.load(ordering: .acquiring) == 1)
    }

    @Test("A trusted proxy's X-Forwarded-For is kept and appended to")
    func trustedProxy() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer(
            [.init(id: "node1", port: origin.port)], trustedProxies: [try AddressRange(parsing: "127.0.0.0/8")])
        let client = try balancer.connect()
        _ = try client.get("/", "X-Forwarded-For: 203.0.113.9")
        let values = try #require(origin.requests.first)["X-Forwarded-For"].joined(separator: ", ")
        #expect(values == "203.0.113.9, 127.0.0.1")
    }

    @Test("Open connections weigh as much as the policy says")
    func connectionWeight() throws {
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        let balancer = try Balancer(
            [.init(id: "node1", port: one.port), .init(id: "node2", port: two.port)], connectionWeight: 1)
        let clients = try (0..<4).map { _ in try balancer.connect() }
        let names = try clients.map { try $0.get("/").text }
        #expect(names == ["one", "two", "one", "two"])
    }

    @Test("A pin of an online node decides")
    func pin() throws {
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        let balancer = try Balancer([
            .init(id: "node1", port: one.port, monitors: 9), .init(id: "node2", port: two.port, monitors: 3),
        ])
        let client = try balancer.connect()
        let pinned = try client.get("/", "Cookie: theme=dark; KUMA_FIXED_NODE=node1")
        #expect(pinned.text == "one")
        #expect(pinned["X-Routed-Via"] == ["fixed-node"])
        #expect(pinned["X-Routed-To"] == ["host-of-node1"])
        #expect(pinned["X-Routed-Node"] == ["node1"])
        #expect(try client.get("/", "Cookie: KUMA_FIXED_NODE=node2").text == "two", "the pin changed")
        let unpinned = try client.get("/")
        #expect(unpinned.text == "two", "without a pin the client stays where it is")
        #expect(unpinned["X-Routed-Via"] == ["load-balancer"])
        client.close()
        try balancer.expectBalanced()
    }

    @Test(
        "A pin that names an unknown or offline node is cleared beside the node's own cookies",
        arguments: ["nobody", "node2"])
    func stalePin(name: String) throws {
        let one = try Origin.named("one", fields: "Set-Cookie: session=1\r\n")
        let balancer = try Balancer([
            .init(id: "node1", port: one.port),
            .init(id: "node2", port: one.port, status: .offline, isReachable: false),
        ])
        let response = try balancer.connect().get("/", "Cookie: KUMA_FIXED_NODE=\(name)")
        #expect(response.text == "one")
        #expect(response["X-Routed-Via"] == ["load-balancer"])
        #expect(
            Set(response["Set-Cookie"]) == [
                "session=1", "KUMA_FIXED_NODE=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
            ])
    }

    @Test("While first-time set-up is pending everything goes to the primary node, pins included")
    func setupPending() throws {
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        let balancer = try Balancer(
            [
                .init(id: "node1", port: one.port), .init(id: "node2", port: two.port, isPrimary: true, monitors: 5),
            ], isSetupPending: true)
        #expect(try balancer.connect().get("/").text == "two")
        #expect(try balancer.connect().get("/", "Cookie: KUMA_FIXED_NODE=node1").text == "two")
    }

    @Test("A client stays with its node while the loads change, and leaves it when it drains no more than it must")
    func stickyByConnection() throws {
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        let balancer = try Balancer([
            .init(id: "node1", port: one.port), .init(id: "node2", port: two.port, monitors: 5),
        ])
        let client = try balancer.connect()
        #expect(try client.get("/").text == "one")
        try balancer.publish([
            .init(id: "node1", port: one.port, monitors: 50), .init(id: "node2", port: two.port, monitors: 5),
        ])
        #expect(try client.get("/").text == "one")
        #expect(try balancer.connect().get("/").text == "two")
        try balancer.publish([
            .init(id: "node1", port: one.port, adminState: .known(.maintenance)),
            .init(id: "node2", port: two.port, monitors: 5),
        ])
        #expect(try client.get("/").text == "two")
    }

    @Test("A cordoned node keeps its connections; a new one of a client that is pinned to it goes to another node")
    func cordoned() throws {
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        let pin = "Cookie: KUMA_FIXED_NODE=node1"
        let up: [Balancer.Node] = [.init(id: "node1", port: one.port), .init(id: "node2", port: two.port, monitors: 5)]
        let balancer = try Balancer(up)
        let client = try balancer.connect()
        #expect(try client.get("/", pin).text == "one")
        try balancer.publish([.init(id: "node1", port: one.port, adminState: .known(.cordon)), up[1]])
        #expect(try client.get("/", pin).text == "one")
        let elsewhere = try balancer.connect().get("/", pin)
        #expect(elsewhere.text == "two" && elsewhere["Set-Cookie"].isEmpty, "the pin is passed over, not taken away")
        #expect(try balancer.connect().get("/").text == "two")
        try balancer.publish(up)
        #expect(try balancer.connect().get("/", pin).text == "one")
        let gone = Balancer.Node(id: "node2", port: two.port, status: .offline, isReachable: false)
        try balancer.publish([.init(id: "node1", port: one.port, adminState: .known(.cordon)), gone])
        #expect(try balancer.connect().get("/", pin).text == "one", "there is no other")
    }

    @Test("A node in a state of a later version keeps who is there and who is pinned to it, and gets nobody else")
    func unknownState() throws {
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        let balancer = try Balancer([
            .init(id: "node1", port: one.port), .init(id: "node2", port: two.port, monitors: 5),
        ])
        let client = try balancer.connect()
        #expect(try client.get("/").text == "one")
        let left = Balancer.Node(id: "node1", port: one.port, adminState: .unknown("quarantine"))
        try balancer.publish([left, .init(id: "node2", port: two.port, monitors: 5)])
        #expect(try client.get("/").text == "one")
        #expect(try balancer.connect().get("/", "Cookie: KUMA_FIXED_NODE=node1").text == "one")
        #expect(try balancer.connect().get("/").text == "two")
        try balancer.publish([left, .init(id: "node2", port: two.port, status: .offline, isReachable: false)])
        #expect(try balancer.connect().get("/").text == "one")
    }

    @Test("When the table says that no node is routable, they are tried all the same")
    func allDoubtful() throws {
        let one = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: one.port, status: .offline, isReachable: false)])
        #expect(try balancer.connect().get("/").text == "one")
    }

    @Test("A refused connect is repeated on the next best node, which the client does not notice")
    func retry() throws {
        let refusing = try RefusingPort()
        let two = try Origin.named("two")
        let balancer = try Balancer([
            .init(id: "node1", port: refusing.port), .init(id: "node2", port: two.port, monitors: 100),
        ])
        let client = try balancer.connect()
        let response = try client.exchange(
            "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        #expect(response.text == "two")
        #expect(two.requests.first?.text == "hello")
        #expect(balancer.sum { $0.retried.load(ordering: .acquiring) } == 1)
        let traffic = balancer.traffic(of: "node1")
        #expect(traffic.connectFailures.load(ordering: .acquiring) == 1)
        #expect(traffic.retries.load(ordering: .acquiring) == 1 && traffic.ejections.load(ordering: .acquiring) == 1)
        #expect(traffic.responsesByClass == [0, 0, 0, 0, 0] && traffic.connectTimes.reading.count == 0)
        let answering = balancer.traffic(of: "node2")
        #expect(answering.responsesByClass == [0, 1, 0, 0, 0] && answering.retries.load(ordering: .acquiring) == 0)
        #expect(answering.connectTimes.reading.count == 1 && answering.responseTimes.reading.count == 1)
        client.close()
        try balancer.expectBalanced()
    }

    @Test("A node that does not answer the connect in time is passed over, and so is one that goes offline meanwhile")
    func silentNode() throws {
        let silent = try SilentPort()
        let two = try Origin.named("two")
        let nodes: [Balancer.Node] = [
            .init(id: "node1", port: silent.port), .init(id: "node2", port: two.port, monitors: 100),
        ]
        let balancer = try Balancer(nodes) { $0.connectTimeout = .seconds(1) }
        #expect(try balancer.connect().get("/").text == "two")
        #expect(balancer.traffic(of: "node1").connectFailures.load(ordering: .acquiring) == 1)
        let patient = try Balancer(nodes) { $0.connectTimeout = .seconds(60) }
        let client = try patient.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil("the client is counted at the silent node") {
            patient.traffic(of: "node1").openConnections.load(ordering: .acquiring) == 1
        }
        try patient.publish([
            .init(id: "node1", port: silent.port, status: .offline, isReachable: false),
            .init(id: "node2", port: two.port, monitors: 100),
        ])
        #expect(try client.readResponse().text == "two")
        let other = try patient.connect()
        try patient.publish(nodes)
        try other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil("the other client is counted at the silent node") {
            patient.traffic(of: "node1").openConnections.load(ordering: .acquiring) == 1
        }
        try patient.publish([])
        #expect(try other.readResponse().status == 503, "nobody is left")
        client.close()
        other.close()
        try balancer.expectBalanced()
        try patient.expectBalanced()
    }

    @Test("Nobody to ask: 503 with Retry-After, readable for a program and for a browser")
    func nobody() throws {
        let refusing = try RefusingPort()
        let balancer = try Balancer([.init(id: "node1", port: refusing.port)])
        let plain = try balancer.connect().get("/api/thing")
        #expect(plain.status == 503)
        #expect(plain["Retry-After"] == ["2"])
        #expect(plain["Content-Type"].first?.hasPrefix("application/json") == true)
        #expect(plain.text.contains("no_node_available"))
        let page = try balancer.connect().get("/", "Accept: text/html,application/xhtml+xml;q=0.9")
        #expect(page.status == 503)
        #expect(page["Content-Type"].first?.hasPrefix("text/html") == true)
        #expect(page.text.contains("No Uptime Kuma node"))
        try balancer.publish([])
        #expect(try balancer.connect().get("/").status == 503)
        try balancer.expectBalanced()
    }

    @Test("Nobody to ask because of the database: the 503 says so, and keeps the client's pin")
    func shortage() throws {
        let balancer = try Balancer([])
        for (shortage, word) in [
            (RoutingShortage.notAClusterDatabase, "not_a_cluster_database"),
            (.databaseUnreachable, "database_unreachable"),
        ] {
            balancer.publisher.publish(
                RoutingTable(
                    generation: balancer.publisher.generation + 1, isSetupPending: false, nodes: [],
                    monitorLimit: 1000, shortage: shortage))
            let reply = try balancer.connect().get("/", "Cookie: KUMA_FIXED_NODE=node1")
            #expect(reply.status == 503)
            #expect(reply.text.contains("\"reason\":\"\(word)\""))
            #expect(reply["Set-Cookie"].isEmpty)
        }
        try balancer.expectBalanced()
    }

    @Test("/lb/ goes to the control API's Unix socket with the client's own address, and the node is kept in mind")
    func controlAPI() throws {
        let path = NSTemporaryDirectory() + "lb-\(UInt32.random(in: 0...UInt32.max)).sock"
        defer { unlink(path) }
        let api = try Origin.http(unixPath: path) { "api \($0.target)" }
        defer { api.stop() }
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        let balancer = try Balancer(
            [.init(id: "node1", port: one.port), .init(id: "node2", port: two.port, monitors: 5)],
            controlSocketPath: path)
        let client = try balancer.connect()
        #expect(try client.get("/").text == "one")
        let response = try client.get("/lb/health?x=1", "X-Forwarded-For: 6.6.6.6")
        #expect(response.text == "api /lb/health?x=1")
        #expect(response["X-Routed-To"].isEmpty)
        #expect(api.requests.first?["X-Forwarded-For"] == ["127.0.0.1"])
        #expect(try client.get("/health").text == "api /health", "an older name")
        try balancer.publish([
            .init(id: "node1", port: one.port, monitors: 50), .init(id: "node2", port: two.port, monitors: 5),
        ])
        #expect(try client.get("/").text == "one", "sticky by connection, the API in between")
        #expect(try client.get("/%6cb/health").text == "one", "another spelling is the node's")
        client.close()
        try balancer.expectBalanced()
    }

    @Test("Without a control API its paths answer 503")
    func controlAPIAway() throws {
        let balancer = try Balancer([])
        let response = try balancer.connect().get("/lb/health")
        #expect(response.status == 503)
        #expect(response.text.contains("control_api_unavailable"))
    }

    @Test("What a lost node leaves unanswered goes to another node when that is safe, and is a 502 otherwise")
    func unansweredByLostNode() throws {
        let one = try Origin.named("one")
        let two = try Origin { socket, origin in
            origin.note(try socket.readMessage(.request))
            _ = try socket.receiveToEnd()
        }
        let balancer = try Balancer([.init(id: "node1", port: one.port), .init(id: "node2", port: two.port)])
        let reader = try balancer.connect()
        try reader.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: KUMA_FIXED_NODE=node2\r\n\r\n")
        let writer = try balancer.connect()
        try writer.send(
            "POST / HTTP/1.1\r\nHost: a\r\nCookie: KUMA_FIXED_NODE=node2\r\nContent-Length: 0\r\n\r\n")
        try blockUntil("both at their node") { two.requests.count == 2 }
        try balancer.publish([
            .init(id: "node1", port: one.port),
            .init(id: "node2", port: two.port, status: .offline, isReachable: false),
        ])
        #expect(try reader.readResponse().text == "one")
        let cut = try writer.readResponse()
        #expect(cut.status == 502)
        #expect(cut.text.contains("\"reason\":\"node_given_up\""))
        #expect(one.requests.count == 1, "never a POST a second time")
        #expect(balancer.sum { $0.cut.load(ordering: .acquiring) } == 1)
        // Of the reactors that had a connection there each says its part, after it has answered.
        func told() -> [CollectedLog.Entry] {
            balancer.log.warnings.filter { $0.text.hasPrefix("a node was given up") }
        }
        func sum(_ key: String) -> Int { told().compactMap { $0.metadata[key].flatMap { Int($0) } }.reduce(0, +) }
        try blockUntil("both connections are told of") { sum("connections") == 2 }
        #expect(told().allSatisfy { $0.metadata["node"] == "node2" })
        #expect(sum("cut") == 1)
    }

    @Test("A table that comes while a reactor takes the one before is taken without another event")
    func tablesInARow() throws {
        let one = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            _ = try socket.receiveToEnd()
        }
        let node = Balancer.Node(id: "node1", port: one.port)
        let balancer = try Balancer([node], reactors: 1)
        for round in 0..<50 {
            let client = try balancer.connect()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.receive(through: "half")
            try balancer.publish([node, .init(id: "node2", port: one.port, monitors: round)])
            try balancer.publish([.init(id: "node2", port: one.port, status: .offline, isReachable: false)])
            #expect(try client.receiveToEnd().end == .reset)
            try balancer.publish([node])
        }
    }
}

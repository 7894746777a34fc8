import ClusterCore
import DataPlane
import Foundation
import Testing
import Waiting

@Suite("Socket.IO sessions stay on the node that issued them")
struct SessionTests {
    private let nodes: [EngineIONode]

    init() throws { nodes = try (1...3).map { try EngineIONode("node\($0)") } }

    private func rows(_ nodes: [EngineIONode], monitors: [Int] = [0, 0, 0]) -> [Balancer.Node] {
        zip(nodes, monitors).map { .init(id: $0.name, port: $0.origin.port, monitors: $1) }
    }

    private func node(of sid: String) -> String { String(sid.prefix { $0 != "-" }) }

    @Test("Each follow-up poll reaches the issuer, over new connections and other reactors, however loads change")
    func polling() throws {
        let balancer = try Balancer(rows(nodes), reactors: 4)
        var sessions: [String] = []
        for turn in 0..<30 {
            try balancer.publish(rows(nodes, monitors: (0..<3).map { ($0 + turn) % 3 * 10 }))
            sessions.append(try balancer.beginSession())
        }
        #expect(Set(sessions.map(node)).count == 3, "the loads put sessions on every node")
        #expect(balancer.plane.knownSessions == 30)
        for turn in 0..<3 {
            try balancer.publish(rows(nodes, monitors: (0..<3).map { ($0 + turn) % 3 * 10 }))
            for sid in sessions {
                let answer = try balancer.once(EngineIONode.poll(sid))
                #expect(answer.status == 200)
                #expect(answer.text == node(of: sid))
                #expect(answer["X-Routed-Via"] == ["load-balancer"])
            }
        }
        try balancer.expectBalanced()
    }

    @Test("A kept-alive connection that is at another node goes to the session's for its polls, and posts too")
    func keptAlive() throws {
        let balancer = try Balancer(rows(nodes, monitors: [0, 5, 9]))
        let sid = try balancer.beginSession()
        #expect(node(of: sid) == "node1")
        try balancer.publish(rows(nodes, monitors: [9, 5, 0]))
        let client = try balancer.connect()
        #expect(try client.get("/").text == "node3")
        #expect(try client.get(EngineIONode.poll(sid)).text == "node1")
        let post = try client.exchange(
            "POST \(EngineIONode.poll(sid)) HTTP/1.1\r\nHost: kuma.test\r\nContent-Length: 2\r\n\r\n40")
        #expect(post.text == "node1")
        client.close()
        try balancer.expectBalanced()
    }

    @Test("The upgrade to WebSocket follows its session")
    func upgrade() throws {
        let balancer = try Balancer(rows(nodes, monitors: [5, 0, 9]))
        let sid = try balancer.beginSession()
        try balancer.publish(rows(nodes, monitors: [0, 9, 5]))
        let client = try balancer.connect()
        try client.send(EngineIONode.upgrade(sid))
        #expect(try client.readResponse().status == 101)
        #expect(String(decoding: try client.receive(exactly: 5), as: UTF8.self) == "node2")
        client.close()
        try balancer.expectBalanced()
    }

    @Test(
        "A session is learned from an answer with a length, in chunks, in chunks of one byte, until close, in any pieces",
        arguments: EngineIONode.Framing.allCases, [nil, 1, 7])
    func framings(framing: EngineIONode.Framing, pieceBytes: Int?) throws {
        let (issuer, other) = (
            try EngineIONode("issuer", framing: framing, pieceBytes: pieceBytes), try EngineIONode("other")
        )
        let balancer = try Balancer(rows([issuer, other], monitors: [0, 9]))
        let sid = try balancer.beginSession()
        #expect(balancer.plane.knownSessions == 1)
        try balancer.publish(rows([issuer, other], monitors: [9, 0]))
        #expect(try balancer.once(EngineIONode.poll(sid)).text == "issuer")
        try balancer.expectBalanced()
    }

    @Test("Only an uncoded answer to a handshake teaches a session: not a page that looks like one, nor a follow-up")
    func notLearned() throws {
        let coded = try EngineIONode("coded", coding: "gzip")
        let liar = try Origin.named("0{\"sid\":\"abc\"}")
        let balancer = try Balancer([.init(id: "coded", port: coded.origin.port)])
        _ = try balancer.beginSession()
        #expect(balancer.plane.knownSessions == 0)
        try balancer.publish([.init(id: "liar", port: liar.port)])
        _ = try balancer.once("/page")
        _ = try balancer.once("/socket.io/?EIO=4&transport=polling&sid=xyz")
        #expect(balancer.plane.knownSessions == 0)
        _ = try balancer.once(EngineIONode.poll())
        #expect(balancer.plane.knownSessions == 1)
    }

    @Test(
        "A session whose node is offline is forgotten; the client gets another node's answer, and a new session there")
    func nodeOffline() throws {
        let balancer = try Balancer(rows(nodes, monitors: [0, 5, 9]))
        let sid = try balancer.beginSession()
        var rows = rows(nodes, monitors: [0, 5, 9])
        rows[0].status = .offline
        rows[0].isReachable = false
        try balancer.publish(rows)
        #expect(try balancer.once(EngineIONode.poll(sid)).status == 400)
        #expect(balancer.plane.knownSessions == 0)
        #expect(node(of: try balancer.beginSession()) == "node2")
        try balancer.publish(Array(rows.dropFirst(2)))
        let second = try balancer.once(EngineIONode.poll("node2-1"))
        #expect(second.status == 400, "its node left the table")
    }

    @Test("A session that was not used for long is forgotten")
    func expiry() throws {
        let balancer = try Balancer(rows(nodes, monitors: [0, 5, 9])) { $0.sessionIdle = .milliseconds(1) }
        let sid = try balancer.beginSession()
        try blockUntil("it is forgotten") {
            _ = try balancer.once(EngineIONode.poll(sid))
            return balancer.plane.knownSessions == 0
        }
    }

    @Test("Known sessions are bounded")
    func bound() throws {
        let balancer = try Balancer(rows(nodes)) { $0.sessions = 32 }
        for _ in 0..<100 { _ = try balancer.beginSession() }
        #expect(balancer.plane.knownSessions <= 32)
    }

    @Test("A pin beats a session")
    func pin() throws {
        let balancer = try Balancer(rows(nodes, monitors: [0, 5, 9]))
        let sid = try balancer.beginSession()
        let answer = try balancer.once(EngineIONode.poll(sid), "Cookie: KUMA_FIXED_NODE=node3")
        #expect(answer.status == 400)
        #expect(answer["X-Routed-To"] == ["host-of-node3"])
    }

    // MARK: By address

    @Test("An unknown session goes by the client's address: the same node on every connection and every balancer")
    func unknownSession() throws {
        let (one, two) = (try Balancer(rows(nodes)), try Balancer(rows(nodes, monitors: [7, 3, 5])))
        let targets = try [one, one, two, two].map {
            try $0.once(EngineIONode.poll("issued-elsewhere"))["X-Routed-To"]
        }
        #expect(Set(targets).count == 1)
        let client = try one.connect()
        let first = try client.get("/")["X-Routed-To"]
        #expect(
            try client.get(EngineIONode.poll("issued-elsewhere"))["X-Routed-To"] == first,
            "a connection that is at a node stays there")
    }

    @Test(
        "By address, sessions begun at one balancer are known to the node that another one chooses, also behind a proxy"
    )
    func addressAffinity() throws {
        let proxies = [try AddressRange(parsing: "127.0.0.1")]
        let balancers = try (0..<2).map { number in
            try Balancer(
                rows(nodes, monitors: number == 0 ? [0, 4, 8] : [8, 4, 0]), trustedProxies: proxies, affinity: .address)
        }
        var used: Set<String> = []
        for client in 0..<40 {
            let from = client % 2
            let address = "X-Forwarded-For: 198.51.100.\(client), 10.0.0.1"
            let sid = try balancers[from].beginSession(address)
            used.insert(node(of: sid))
            let answer = try balancers[1 - from].once(EngineIONode.poll(sid), address + ", 10.0.0.2")
            #expect(answer.status == 200)
            #expect(answer.text == node(of: sid))
            #expect(try balancers[from].once(EngineIONode.poll(sid), address).text == node(of: sid))
        }
        #expect(used.count == 3, "the addresses spread over the nodes")
    }

    @Test("By address, a peer that is no trusted proxy cannot choose its node")
    func forgedAddress() throws {
        let balancer = try Balancer(rows(nodes), affinity: .address)
        let targets = try (0..<20).map {
            try balancer.once(EngineIONode.poll(), "X-Forwarded-For: 198.51.100.\($0)")["X-Routed-To"]
        }
        #expect(Set(targets).count == 1)
    }

    @Test("By address, the node that wants a client most is passed over while it is draining or offline")
    func addressWithoutFavourite() throws {
        let balancer = try Balancer(rows(nodes), affinity: .address)
        let favourite = node(of: try balancer.beginSession())
        var rows = rows(nodes)
        let index = try #require(rows.firstIndex { $0.id == favourite })
        rows[index].adminState = .known(.drain)
        try balancer.publish(rows)
        let second = node(of: try balancer.beginSession())
        #expect(second != favourite)
        rows[index].adminState = .known(.active)
        rows[index].port = try RefusingPort().port
        try balancer.publish(rows)
        #expect(node(of: try balancer.beginSession()) == second, "a refused connect leads to the next favourite")
    }
}

@Suite("Requests for one monitor go to the node that runs it")
struct MonitorRoutingTests {
    private func index(_ owners: [Int64: String]) -> MonitorIndex {
        MonitorIndex(
            of: owners.sorted { $0.key < $1.key }.map {
                MonitorAssignment(id: MonitorID($0.key), home: NodeReference(text: $0.value))
            })
    }

    @Test(
        "By the table's assignments, on a kept-alive connection too; else, and while that node is away, as any request")
    func owner() throws {
        let (one, two) = (try Origin.named("one"), try Origin.named("two"))
        var rows: [Balancer.Node] = [
            .init(id: "node1", port: one.port), .init(id: "node2", port: two.port, monitors: 50),
        ]
        let balancer = try Balancer(rows)
        #expect(try balancer.once("/api/v1/monitors/7").text == "one", "no assignments are known")
        try balancer.publish(rows, monitors: index([7: "node2", 8: "node1", 9: "gone"]))
        #expect(try balancer.once("/api/v1/monitors/7").text == "two")
        #expect(try balancer.once("/api/v1/monitors/7/beats?x=1").text == "two")
        #expect(try balancer.once("/api/v1/monitors/8").text == "one")
        #expect(try balancer.once("/api/v1/monitors/9").text == "one", "its node does not exist")
        #expect(try balancer.once("/api/v1/monitors/10").text == "one", "nobody runs it")
        #expect(try balancer.once("/api/v1/monitors").text == "one")
        #expect(try balancer.once("/api/v1/monitors/8", "Cookie: KUMA_FIXED_NODE=node2").text == "two", "a pin wins")
        let client = try balancer.connect()
        #expect(try client.get("/").text == "one")
        #expect(try client.get("/api/v1/monitors/7").text == "two")
        rows[1].isReachable = false
        try balancer.publish(rows, monitors: index([7: "node2"]))
        #expect(try balancer.once("/api/v1/monitors/7").text == "one")
        client.close()
        try balancer.expectBalanced()
    }
}

@Suite("A new node's share rises slowly")
struct SlowStartTests {
    @Test(
        "A node that became routable a moment ago is passed over for one that has served for long, and is no more later"
    )
    func slowStart() throws {
        let (old, new) = (try Origin.named("old"), try Origin.named("new"))
        let balancer = try Balancer(
            [.init(id: "node1", port: old.port, monitors: 10), .init(id: "node2", port: new.port)],
            slowStart: .seconds(1_000_000))
        #expect(try balancer.once("/").text == "new")
        balancer.traffic(of: "node2").becameRoutable(now: Balancer.monotonicNanoseconds)
        let answers = try (0..<20).map { _ in try balancer.once("/").text }
        #expect(Set(answers) == ["old"])
        #expect(try balancer.once("/", "Cookie: KUMA_FIXED_NODE=node2").text == "new", "a pin does not wait")
        balancer.traffic(of: "node2").becameRoutable(now: 1)
        balancer.traffic(of: "node1").becameRoutable(now: 1)
        #expect(try balancer.once("/").text == "new", "both as new")
    }
}

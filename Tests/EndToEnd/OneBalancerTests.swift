import DemoCluster
import FoundationEssentials
import HTTPTestClient
import MariaDB
import Testing
import Waiting

extension EndToEnd {
    /// Half of the REPORT_TTL of production, with which `Faults` are measured.
    @Suite(
        "One balancer before three nodes", .serialized, .cluster("--return-hold", "1s", "--report-ttl", "4s"))
    struct OneBalancer {
        private let cluster: ClusterUnderTest

        init() throws { cluster = try ClusterUnderTest.running }

        @Test("/lb/health lists three online nodes with their monitor counts")
        func health() async throws {
            try await cluster.settled()
            let nodes = try await cluster.health()
            #expect(nodes.map(\.nodeId) == ["node1", "node2", "node3"])
            #expect(nodes.map(\.status) == ["online", "online", "online"])
            #expect(nodes.map(\.monitorCount) == [4, 4, 4])
        }

        @Test("A page says how it was routed, and where to")
        func routedHeaders() async throws {
            let reply = try await cluster.request("GET", "/")
            #expect(reply.status == 200)
            #expect(reply.field("X-Routed-Via") == "load-balancer")
            let node = try #require(ClusterUnderTest.node(naming: reply))
            // The demo gives node N the address 127.0.1.N.
            #expect(reply.field("X-Routed-To") == "127.0.1." + node.dropFirst("node".count))
            #expect(reply.field("X-Routed-Node") == node)
        }

        @Test("A pin keeps a client on its node, also on a kept-alive connection, until it is cleared")
        func pin() async throws {
            for node in cluster.nodeIDs {
                let set = try await cluster.request(
                    "POST", "/lb/set-fixed-node", fields: [("Content-Type", "application/json")],
                    body: Array("{\"node\":\"\(node)\"}".utf8))
                #expect(set.status == 200)
                let cookie = try #require(set.field("Set-Cookie")?.split(separator: ";").first.map(String.init))
                #expect(cookie == "KUMA_FIXED_NODE=\(node)")
                let port = cluster.balancerPorts[0]
                let replies = try await onThread {
                    let connection = try HTTPConnection(port: port)
                    return try (0..<5).map { _ in
                        try connection.request("GET", "/", fields: [("Cookie", cookie)])
                    }
                }
                #expect(replies.map(ClusterUnderTest.node(naming:)) == Array(repeating: node, count: 5))
                #expect(replies.allSatisfy { $0.field("X-Routed-Via") == "fixed-node" })
                let page = try await cluster.request("GET", "/lb/fixed-node/\(node)")
                #expect(page.status == 200)
                #expect(page.field("Set-Cookie")?.hasPrefix("KUMA_FIXED_NODE=\(node); Path=/; Max-Age=604800") == true)
                let clear = try await cluster.request("POST", "/lb/clear-fixed-node", fields: [("Cookie", cookie)])
                #expect(clear.field("Set-Cookie")?.hasPrefix("KUMA_FIXED_NODE=; Path=/; Max-Age=0") == true)
            }
            #expect(try await cluster.request("GET", "/").field("X-Routed-Via") == "load-balancer")
        }

        @Test("WebSocket messages of 64 KiB and 5 MB come back whole", arguments: [64 << 10, 5_000_000])
        func webSocket(size: Int) async throws {
            let port = cluster.balancerPorts[0]
            let isWhole = try await onThread {
                let socket = try WebSocketConnection(
                    upgrading: try HTTPConnection(port: port, timeout: .seconds(30)), target: "/ws",
                    fields: [("Origin", "http://127.0.0.1:\(port)")])
                let message = (0..<size).map { UInt8($0 % 251) }
                return try (0..<2).allSatisfy { _ in
                    try socket.send(WebSocketConnection.binary, message)
                    return try socket.receive().payload == message
                }
            }
            #expect(isWhole)
        }

        @Test("An edit made on another node reaches the one that runs the monitor, and that other stops running it")
        func edit() async throws {
            try await cluster.settled()
            let (id, owner) = try #require(
                try await cluster.assignments().filter { $0.value.effective == "node2" }.min { $0.key < $1.key })
            #expect(owner.effective == "node2")
            let rows = try await cluster.database.query("SELECT url FROM monitor WHERE id = ?", [.int(id)])
            let url = try #require(try rows.first?.text(rows.column("url")))
            let start = ContinuousClock.now
            // Nothing listens on port 1: the edited monitor is down, on whichever node runs it as edited.
            try await cluster.update(id, on: "node1", json: #"{"url":"http://127.0.0.1:1/"}"#)
            try await eventually("node2 runs the monitor as edited", within: .seconds(90)) {
                try await cluster.lastStatus(of: id, by: "node2") == 0
            }
            let taken = start.duration(to: .now)
            try await eventually("node1 does not run it any more", within: .seconds(90)) {
                let now = try await cluster.now()
                try await eventually("a beat by node2") {
                    try await cluster.beats(since: now).nodes[id]?.contains("node2") ?? false
                }
                return try await cluster.beats(since: now).nodes[id] == ["node2"]
            }
            await FaultTable.shared.add(
                "monitor edited on another node", expected: "in effect after 8 s (15 s around second 00)",
                measured: "after \(taken.seconds), alone after \(start.duration(to: .now).seconds)")
            try await cluster.database.execute("UPDATE monitor SET url = ? WHERE id = ?", [.text(url), .int(id)])
            try await eventually("the edit is taken back", within: .seconds(90)) {
                try await cluster.lastStatus(of: id, by: "node2") == 1
            }
            try await cluster.settled()
        }

        @Test("A killed agent moves nothing: its node lives, and the balancer speaks for it")
        func killedAgent() async throws {
            try await cluster.settled()
            let (before, moves) = (try await cluster.assignments(), try await cluster.journaledMoves())
            let start = ContinuousClock.now
            try await cluster.act(.kill, "agent2")
            try await eventually("the balancer speaks for node2", within: .seconds(30)) {
                try await cluster.speaker(of: "node2") == "balancer"
            }
            let spoken = start.duration(to: .now)
            // REPORT_TTL is over; the judge of three failures would have spoken by then.
            let silent = try await cluster.now()
            try await eventually("4 s more", within: .seconds(30)) {
                #expect(try await cluster.status(of: "node2") == "online")
                return try await cluster.havePassed(4_000, since: silent)
            }
            #expect(try await cluster.assignments() == before)
            #expect(try await cluster.journaledMoves() == moves)
            try await cluster.act(.start, "agent2")
            try await eventually("the agent speaks again", within: .seconds(30)) {
                try await cluster.speaker(of: "node2") == "agent"
            }
            await FaultTable.shared.add(
                "agent killed, with a REPORT_TTL of 4 s", expected: "a warning after 4 s, nothing moves",
                measured: "the balancer speaks after \(spoken.seconds), 0 moves")
            try await cluster.settled()
        }
    }
}

extension ClusterUnderTest {
    /// A call of Kuma's API at one node, past the balancer.
    func update(_ monitor: Int64, on node: String, json: String) async throws {
        let shown = try await status().nodes.first { $0.id == node }
        let address = try #require(shown?.address.split(separator: ":"))
        // A demo makes its key anew each time and shows it to nobody.
        let pid = try #require(shown?.kuma.pid)
        let environment = try String(contentsOfFile: "/proc/\(pid)/environ", encoding: .utf8)
        let key = try #require(
            environment.split(separator: "\0").first { $0.hasPrefix("KUMA_API_KEY=") }?.dropFirst("KUMA_API_KEY=".count)
        )
        let (host, port) = (String(address[0]), try #require(UInt16(address[1])))
        let reply = try await onThread {
            try HTTPConnection(host: host, port: port).request(
                "PUT", "/api/v1/monitors/\(monitor)",
                fields: [("Authorization", String(key)), ("Content-Type", "application/json")], body: Array(json.utf8))
        }
        #expect(reply.status == 200, "\(reply.text)")
    }

    /// Of its last beat by that node: 1 is up.
    func lastStatus(of monitor: Int64, by node: String) async throws -> Int64? {
        let rows = try await database.query(
            "SELECT CAST(status AS SIGNED) AS n FROM heartbeat WHERE monitor_id = ? AND node_id = ? ORDER BY id DESC LIMIT 1",
            [.int(monitor), .text(node)])
        return try rows.first?.int(rows.column("n"))
    }

    /// Who speaks for a node, as `/lb/node-status` says.
    func speaker(of node: String) async throws -> String? {
        struct Shown: Decodable {
            struct Node: Decodable {
                let nodeId: String
                let speaker: String
            }
            let nodes: [Node]
        }
        return try await decoded(Shown.self, "/lb/node-status").nodes.first { $0.nodeId == node }?.speaker
    }
}

import DemoCluster
import HTTPTestClient
import Testing
import Waiting

extension EndToEnd.OneBalancer {
    @Test("A killed node's monitors run elsewhere, each on one node, and return; what a person assigned stays")
    func failoverAndReturn() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        // Monitors 1, 4, 7 … are at home on node1, 2, 5, 8 … on node2.
        try await cluster.assign(1, to: "node3")
        try await cluster.assign(4, to: "node2")
        try await cluster.settled()
        let before = try await cluster.assignments()
        let affected = Set(before.filter { $0.value.effective == "node2" }.keys)
        #expect(affected.count == 5)

        try await cluster.act(.kill, "node2")
        try await cluster.measured(.failover, of: "node2", within: .seconds(60))
        try await cluster.everyMonitorRunsWhereAssigned()
        let away = try await cluster.assignments()
        #expect(away.values.allSatisfy { $0.effective != "node2" })
        #expect(away[1] == before[1])
        try await cluster.everyMonitorRunsOnce(notOn: "node2")

        try await cluster.act(.start, "node2")
        try await cluster.measured(.comeback, of: "node2", within: .seconds(120))
        try await cluster.settled()
        #expect(try await cluster.assignments() == before)
        try await cluster.everyMonitorRunsOnce()

        try await cluster.assign(1, to: nil)
        try await cluster.assign(4, to: nil)
        try await cluster.settled()
    }

    @Test("A pin to a node that is offline is answered by another one, which clears it")
    func pinToOfflineNode() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        try await cluster.act(.kill, "node3")
        try await eventually("node3 is offline", within: .seconds(30)) {
            try await cluster.status(of: "node3") == "offline"
        }
        let pinned = [("Cookie", "a=b; KUMA_FIXED_NODE=node3")]
        // What the API shows is ahead of what a reactor routes by.
        try await eventually("clients are routed by it") {
            try await cluster.request("GET", "/", fields: pinned).field("Set-Cookie") != nil
        }
        let reply = try await cluster.request("GET", "/cookie", fields: pinned)
        #expect(reply.status == 200)
        #expect(reply.field("X-Routed-Via") == "load-balancer")
        let cookies = reply.all("Set-Cookie")
        #expect(cookies.contains("KUMA_FIXED_NODE=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
        #expect(cookies.contains { $0.hasPrefix("kuma-stand-in=") }, "the node's own cookie stays beside it")
        #expect(try await cluster.request("GET", "/lb/fixed-node/node3").status == 400)
        let set = try await cluster.request(
            "POST", "/lb/set-fixed-node", fields: [("Content-Type", "application/json")],
            body: Array(#"{"node":"node3"}"#.utf8))
        #expect(set.status == 400)
        let unknown = try await cluster.request("GET", "/", fields: [("Cookie", "KUMA_FIXED_NODE=nobody")])
        #expect(unknown.status == 200)
        #expect(unknown.field("Set-Cookie")?.hasPrefix("KUMA_FIXED_NODE=;") == true)
        try await cluster.act(.start, "node3")
        try await cluster.settled()
        let again = try await cluster.request("GET", "/", fields: pinned)
        #expect(ClusterUnderTest.node(naming: again) == "node3")
    }
}

extension ClusterUnderTest {
    /// Waits for the demo's own measurement, and prints it.
    func measured(
        _ kind: DemoStatus.Measurement.Kind, of node: String, within limit: Duration
    ) async throws {
        var found: DemoStatus.Measurement?
        try await eventually("\(kind) of \(node) is measured", within: limit) {
            found = try await self.status().measurements.last { $0.kind == kind && $0.node == node }
            return found != nil
        }
        if let found { print("measured: \(MeasurementText.line(found))") }
    }

    /// Watches the beats of four seconds: each active monitor has them from one node only, and at most one a second. A
    /// monitor that two loops run, on one node or two, shows in any four seconds. Those who lost a monitor stop it in their
    /// own time, and a busy machine holds beats up, so that the first four seconds may not be the ones.
    func everyMonitorRunsOnce(notOn absent: String? = nil) async throws {
        let end = ContinuousClock.now + .seconds(40)
        while true {
            do {
                return try await fourSecondsOfBeats(notOn: absent)
            } catch let stranger as RunsElsewhere {
                guard ContinuousClock.now < end else { throw stranger }
            }
        }
    }

    private func fourSecondsOfBeats(notOn absent: String?) async throws {
        let start = try await now()
        try await eventually("4 s of beats", within: .seconds(30)) { try await self.havePassed(4_000, since: start) }
        let (beats, wanted) = (try await beats(since: start), try await assignments())
        for (id, assignment) in wanted {
            let nodes = beats.nodes[id] ?? []
            let count = beats.counts[id] ?? 0
            guard nodes == Set([assignment.effective].compactMap(\.self)), !nodes.contains(absent ?? ""),
                (2...6).contains(count)
            else { throw RunsElsewhere(monitor: id, wanted: assignment, nodes: nodes, beats: count) }
        }
    }
}

struct RunsElsewhere: Error, CustomStringConvertible {
    let monitor: Int64
    let wanted: Assignment
    let nodes: Set<String>
    let beats: Int

    var description: String {
        "monitor \(monitor) belongs to \(wanted.effective ?? "nobody") and had \(beats) beats in 4 s from \(nodes.sorted())"
    }
}

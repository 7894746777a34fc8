import DemoCluster
import HTTPTestClient
import Testing
import Waiting

extension EndToEnd {
    /// Four nodes, so that two may be away and still be no more than half. A short RETURN_HOLD: it doubles with each fault of
    /// the same node.
    @Suite(
        "Faults", .serialized,
        .cluster("--nodes", "4", "--monitors", "16", "--balancers", "2", "--return-hold", "1s"))
    struct Faults {
        let cluster: ClusterUnderTest

        init() throws { cluster = try ClusterUnderTest.running }
    }
}

extension EndToEnd.Faults {
    @Test("Kuma killed: its monitors run elsewhere; what a person assigns while they are away stays when they return")
    func kumaKilled() async throws {
        try await cluster.settled()
        var wanted = try await cluster.assignments()
        let seen = try await cluster.strike(["node2"], with: [Act(.kill, "node2")])
        // Nobody can know whether a node had acted on a request before it died, so that one is told, and not repeated.
        #expect(seen.load.failures.count <= SteadyLoad.clients)
        #expect(seen.load.failures.allSatisfy { $0.hasPrefix("status 502") }, "\(seen.load.failures)")
        let away = try await cluster.assignments()
        #expect(away.values.allSatisfy { $0.effective != "node2" })
        let chosen = try #require(away.first { wanted[$0.key]?.effective == "node2" })
        let choice = chosen.value.effective == "node1" ? "node3" : "node1"
        try await cluster.assign(chosen.key, to: choice)
        wanted[chosen.key] = Assignment(home: "node2", assigned: choice)

        let returned = try await cluster.mend([Act(.start, "node2")])
        #expect(try await cluster.assignments() == wanted)
        try await cluster.assign(chosen.key, to: nil)
        try await cluster.settled()
        await FaultTable.shared.add(
            "Kuma process killed", expected: "offline ≤ 2 s, moved ≤ 3 s, only requests in flight fail",
            measured: "\(text(seen, "node2")); home \(returned.seconds) after its start")
    }

    @Test("Two of four hosts gone, one killed and one frozen, with their agents: silence, then the leader's own checks")
    func hostsGone() async throws {
        try await cluster.settled()
        let before = try await cluster.assignments()
        let seen = try await cluster.strike(
            ["node3", "node4"],
            with: [Act(.kill, "node3"), Act(.kill, "agent3"), Act(.freeze, "node4"), Act(.freeze, "agent4")])
        let returned = try await cluster.mend([
            Act(.start, "node3"), Act(.start, "agent3"), Act(.thaw, "node4"), Act(.thaw, "agent4"),
        ])
        #expect(try await cluster.assignments() == before)
        await FaultTable.shared.add(
            "host gone: Kuma and agent killed", expected: "moved ≤ 10 s",
            measured: "\(text(seen, "node3")); home \(returned.seconds) after the start")
        await FaultTable.shared.add(
            "host gone: Kuma and agent frozen, at the same time as above (half of the nodes)", expected: "moved ≤ 10 s",
            measured: "\(text(seen, "node4")); home \(returned.seconds) after the thaw")
    }

    @Test(
        "Kuma stopped by SIGSTOP: it answers nobody, so it is offline; after SIGCONT its monitors return, each on one node"
    )
    func kumaFrozen() async throws {
        try await cluster.settled()
        let before = try await cluster.assignments()
        let seen = try await cluster.strike(["node2"], with: [Act(.freeze, "node2")])
        let returned = try await cluster.mend([Act(.thaw, "node2")])
        #expect(try await cluster.assignments() == before)
        try await cluster.everyMonitorRunsOnce()
        await FaultTable.shared.add(
            "Kuma process stopped (SIGSTOP), continued", expected: "three checks that time out, then as killed",
            measured: "\(text(seen, "node2")); home \(returned.seconds) after the SIGCONT")
    }

    @Test(
        "An agent stopped by SIGSTOP moves nothing; meanwhile drain keeps a node's monitors and maintenance moves them")
    func agentFrozen() async throws {
        try await cluster.settled()
        let before = try await cluster.assignments()
        let start = ContinuousClock.now
        try await cluster.act(.freeze, "agent1")

        try await cluster.admin("node3", "maintenance")
        try await eventually("node3's monitors have left it", within: .seconds(60)) {
            try await cluster.assignments().values.allSatisfy { $0.effective != "node3" }
        }
        let moved = start.duration(to: .now)
        let activated = ContinuousClock.now
        try await cluster.admin("node3", "activate")
        try await eventually("node3's monitors are back", within: .seconds(90)) {
            try await cluster.assignments() == before
        }
        await FaultTable.shared.add(
            "maintenance, activate", expected: "monitors move, and return after RETURN_HOLD (1 s here)",
            measured: "moved \(moved.seconds), home \(activated.duration(to: .now).seconds) after activate")

        try await cluster.admin("node4", "drain")
        try await eventually("the balancer speaks for node1", within: .seconds(60)) {
            try await cluster.speaker(of: "node1") == "balancer"
        }
        let spoken = start.duration(to: .now)
        try await eventually("the balancer has read of the drain", within: .seconds(30)) {
            try await cluster.adminState(of: "node4") == "drain"
        }
        for _ in 0..<20 {
            #expect(ClusterUnderTest.node(naming: try await cluster.request("GET", "/")) != "node4")
        }
        let silent = try await cluster.now()
        try await eventually("4 s more: the judge's three checks", within: .seconds(60)) {
            #expect(try await cluster.assignments() == before)
            return try await cluster.havePassed(4_000, since: silent)
        }
        #expect(try await cluster.status(of: "node1") == "online")
        try await cluster.admin("node4", "activate")
        let thawed = ContinuousClock.now
        try await cluster.act(.thaw, "agent1")
        try await eventually("the agent speaks again", within: .seconds(60)) {
            try await cluster.speaker(of: "node1") == "agent"
        }
        #expect(try await cluster.assignments() == before)
        await FaultTable.shared.add(
            "drain", expected: "keeps its monitors, gets no new clients", measured: "0 of 20 requests, 0 moves")
        await FaultTable.shared.add(
            "agent stopped (SIGSTOP), continued", expected: "a warning after 8 s, nothing moves",
            measured:
                "the balancer speaks after \(spoken.seconds), the agent \(thawed.duration(to: .now).seconds) after"
                + " SIGCONT; 0 moves")
        try await cluster.settled()
    }

    private func text(_ seen: (nodes: [String: FaultTimes], load: LoadTimes), _ node: String) -> String {
        "\(seen.nodes[node]?.text ?? ""); \(seen.load.text)"
    }
}

extension ClusterUnderTest {
    /// A person's decision about a node, through the first balancer.
    func admin(_ node: String, _ verb: String) async throws {
        let reply = try await request("POST", "/lb/nodes/\(node)/\(verb)", body: [])
        guard reply.status == 200 else { throw Refused(status: reply.status, text: reply.text) }
    }
}

struct Refused: Error {
    let status: Int
    let text: String
}

import DemoCluster
import HTTPTestClient
import MariaDB
import Testing
import Waiting

extension EndToEnd.Faults {
    @Test("A leader stopped by SIGSTOP comes back with an expired lease: it writes nothing, each monitor moved once")
    func leaderFrozen() async throws {
        try await cluster.settled()
        let before = try await cluster.assignments()
        let (epoch, moves) = (try await epoch(), try await cluster.journaledMoves())
        let isFirstLeading = try await cluster.leader(seenBy: 1).isLeading
        let (leading, following) = isFirstLeading ? (1, 2) : (2, 1)
        // First the leader: at once, each by a process of its own, the node's death might reach it before its own stop.
        try await cluster.act(.freeze, "balancer\(leading)")
        let seen = try await cluster.strike(["node3"], with: [Act(.kill, "node3")], balancer: following)
        let affected = before.values.count { $0.effective == "node3" }

        // It believes in its lease until its next look at the database: with a node to move and one to return meanwhile.
        try await cluster.act([Act(.thaw, "balancer\(leading)"), Act(.start, "node3")])
        try await eventually("the old leader follows", within: .seconds(60)) {
            let shown = try await cluster.leader(seenBy: leading)
            return !shown.isLeading && shown.epoch == Int(epoch) + 1
        }
        try await eventually("everything is home again", within: .seconds(150)) { try await cluster.openMoves() == 0 }
        try await cluster.settled()
        #expect(try await self.epoch() == epoch + 1)
        #expect(try await cluster.journaledMoves() - moves == Int64(affected), "each monitor moved once")
        let late = try await cluster.number(
            "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM cluster_move WHERE id > ? AND epoch <= ?",
            [.int(moves), .int(epoch)])
        #expect(late == 0, "the old leader wrote")
        #expect(try await cluster.assignments() == before)
        await FaultTable.shared.add(
            "leader stopped (SIGSTOP) while a node dies, continued",
            expected: "the other leads ≤ 10 s, each moved once",
            measured:
                "\(seen.nodes["node3"]?.text ?? ""); \(seen.load.text); \(affected) moves of \(affected) monitors,"
                + " 0 writes by the old leader")
    }

    @Test("A database stopped by SIGSTOP for 10 s: no request fails, nothing moves afterwards")
    func databaseFrozen() async throws {
        try await cluster.settled()
        let (before, moves) = (try await cluster.assignments(), try await cluster.journaledMoves())
        let load = SteadyLoad(port: cluster.balancerPorts[0])
        load.start()
        let start = ContinuousClock.now
        try await cluster.act(.freeze, "database")
        try await eventually("10 s with a frozen database: longer than REPORT_TTL", within: .seconds(30)) {
            ContinuousClock.now >= start + .seconds(10)
        }
        let thawed = ContinuousClock.now
        try await cluster.act(.thaw, "database")
        try await eventually("both balancers read again", within: .seconds(60)) {
            for balancer in 1...2 where try await cluster.isStale(balancer) { return false }
            return true
        }
        let read = thawed.duration(to: .now)
        let fresh = try await cluster.now()
        // One REPORT_TTL of grace, and the judges' three probes.
        try await eventually("10 s with the database back", within: .seconds(60)) {
            #expect(try await cluster.assignments() == before)
            return try await cluster.havePassed(10_000, since: fresh)
        }
        let result = LoadTimes(await load.stop(), since: start)
        #expect(result.failures.isEmpty)
        #expect(try await cluster.journaledMoves() == moves)
        try await cluster.settled()
        await FaultTable.shared.add(
            "database stopped (SIGSTOP) for 10 s, continued", expected: "no request fails, nothing moves",
            measured: "\(result.text); read again \(read.seconds) after SIGCONT; 0 moves")
    }

    @Test(
        "Three of four hosts silent at once: a wait of TTL + 15 s, then the fourth runs all; it dies too: nothing changes"
    )
    func massSilence() async throws {
        try await cluster.settled()
        let before = try await cluster.assignments()
        let struck = ["node2", "node3", "node4"]
        let seen = try await cluster.strike(struck) { try await cluster.cutPower(of: Set(struck)) }
        let times = seen.nodes.values.compactMap(\.moved)
        let first = try #require(times.min())
        // A database that learned of nobody's death may not act for a network blip: 8 s of silence and 15 s of waiting.
        #expect(first > .seconds(15))
        let last = seen.nodes.values.compactMap(\.elsewhere).max()?.seconds ?? "never"
        await FaultTable.shared.add(
            "most nodes silent at once (3 of 4 hosts killed)", expected: "nothing for 8 s + 15 s, then moved",
            measured: "first moved \(first.seconds), all running on the fourth \(last); \(seen.load.text)")

        let crowded = try await cluster.assignments()
        let start = ContinuousClock.now
        try await cluster.act([Act(.kill, "node1"), Act(.kill, "agent1")])
        try await eventually("node1 is offline", within: .seconds(60)) {
            try await cluster.status(of: "node1") == "offline"
        }
        let offline = start.duration(to: .now)
        let since = try await cluster.now()
        try await eventually("3 s with all nodes offline", within: .seconds(30)) {
            #expect(try await cluster.assignments() == crowded)
            return try await cluster.havePassed(3_000, since: since)
        }
        let all = (1...4).flatMap { [Act(.start, "node\($0)"), Act(.start, "agent\($0)")] }
        let returned = try await cluster.mend(all)
        #expect(try await cluster.assignments() == before)
        await FaultTable.shared.add(
            "all nodes offline", expected: "assignments are kept",
            measured: "the last offline \(offline.seconds), 0 moves; all home \(returned.seconds) after their start")
    }

    @Test(
        "Everything killed and started again, in any order: one leader, everything where it was",
        arguments: [["balancer", "agent", "database", "node"], ["database", "node", "agent", "balancer"]])
    func restart(order: [String]) async throws {
        try await cluster.settled()
        let (before, epoch) = (try await cluster.assignments(), try await epoch())
        let parts = [
            "agent": (1...4).map { "agent\($0)" }, "node": (1...4).map { "node\($0)" },
            "balancer": ["balancer1", "balancer2"], "database": ["database"],
        ]
        try await cluster.act(parts.values.joined().map { Act(.kill, $0) })
        let start = ContinuousClock.now
        for kind in order { try await cluster.act((parts[kind] ?? []).map { Act(.start, $0) }) }
        try await eventually("both balancers serve", within: .seconds(60)) {
            do {
                for balancer in 1...2 {
                    guard try await cluster.request("GET", "/lb/ready", balancer: balancer).status == 200 else {
                        return false
                    }
                }
                return true
            } catch is HTTPClientError {
                return false
            }
        }
        let serving = start.duration(to: .now)
        try await eventually("one balancer leads, and both know it", within: .seconds(60)) {
            let shown = [try await cluster.leader(seenBy: 1), try await cluster.leader(seenBy: 2)]
            return shown.count(where: \.isLeading) == 1 && shown[0].leader == shown[1].leader
        }
        let led = start.duration(to: .now)
        // Elected, it waits one TTL from its first reading; what it might then move shows within its next readings.
        let since = try await cluster.now()
        try await eventually("4 s more", within: .seconds(60)) { try await cluster.havePassed(4_000, since: since) }
        try await cluster.settled()
        #expect(try await cluster.assignments() == before)
        #expect(try await self.epoch() == epoch + 1, "two balancers that start at once raise the epoch once")
        await FaultTable.shared.add(
            "everything restarted: \(order.joined(separator: ", "))", expected: "one leader, nothing lost",
            measured: "serving \(serving.seconds), one leader \(led.seconds), all where it was")
    }

    private func epoch() async throws -> Int64 {
        try await cluster.number("SELECT epoch AS n FROM cluster_lease WHERE name = 'leader'")
    }
}

/// Who leads, as one balancer knows it.
struct ShownLeader: Decodable, Equatable {
    let leader: String?
    let epoch: Int?
    let isLeading: Bool

    private enum CodingKeys: String, CodingKey {
        case leader
        case epoch
        case isLeading = "self"
    }
}

extension ClusterUnderTest {
    func leader(seenBy balancer: Int) async throws -> ShownLeader {
        try await decoded(ShownLeader.self, "/lb/leader", balancer: balancer)
    }

    /// Whether a balancer goes by an old reading of the database.
    fileprivate func isStale(_ balancer: Int) async throws -> Bool {
        struct Shown: Decodable {
            let stale: Bool?
        }
        return try await decoded(Shown.self, "/lb/health", balancer: balancer).stale ?? false
    }
}

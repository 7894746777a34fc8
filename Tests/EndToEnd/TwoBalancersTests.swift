import DemoCluster
import HTTPTestClient
import MariaDB
import Testing
import Waiting

extension EndToEnd {
    /// A short lease; `Faults` are measured with that of production.
    @Suite(
        "Two balancers", .serialized, .cluster("--balancers", "2", "--return-hold", "1s", "--lease-ttl", "4s"))
    struct TwoBalancers {
        private let cluster: ClusterUnderTest

        init() throws { cluster = try ClusterUnderTest.running }

        @Test("Both serve, one leads; when it is killed with a node, the other takes over and moves each monitor once")
        func takeOver() async throws {
            try await cluster.settled()
            for balancer in 1...2 {
                #expect(try await cluster.request("GET", "/", balancer: balancer).status == 200)
            }
            // Who read the lease before the other took it knows of no leader until its next reading.
            var shown: [ShownLeader] = []
            try await eventually("one leads, and both know it") {
                shown = [try await cluster.leader(seenBy: 1), try await cluster.leader(seenBy: 2)]
                return shown.count { $0.isLeading } == 1 && shown[0].leader == shown[1].leader
            }
            let (leading, following) = shown[0].isLeading ? (1, 2) : (2, 1)
            let epoch = try #require(shown[0].epoch)
            let before = try await cluster.assignments()
            let moves = try await cluster.journaledMoves()

            let start = ContinuousClock.now
            try await cluster.act(.kill, "balancer\(leading)")
            try await cluster.act(.kill, "node2")
            try await eventually("the other balancer leads", within: .seconds(30)) {
                try await cluster.leader(seenBy: following).isLeading
            }
            await FaultTable.shared.add(
                "leader killed together with a node, with a LEASE_TTL of 4 s",
                expected: "the other leads ≤ 4 s, each monitor moved once",
                measured: "the other leads \(start.duration(to: .now).seconds)")
            #expect(try await cluster.leader(seenBy: following).epoch == epoch + 1)

            try await cluster.measured(.failover, of: "node2", within: .seconds(60))
            let affected = before.filter { $0.value.effective == "node2" }.count
            #expect(try await cluster.journaledMoves() - moves == Int64(affected))
            #expect(
                try await cluster.number(
                    "SELECT CAST(COUNT(DISTINCT monitor_id) AS SIGNED) AS n FROM cluster_move WHERE returned_at IS NULL"
                )
                    == Int64(affected))

            try await cluster.act(.start, "balancer\(leading)")
            try await cluster.act(.start, "node2")
            try await eventually("both balancers serve", within: .seconds(60)) {
                do {
                    return try await cluster.request("GET", "/lb/ready", balancer: leading).status == 200
                } catch is HTTPClientError {
                    return false
                }
            }
            try await cluster.settled()
            #expect(try await cluster.assignments() == before)
            #expect(try await cluster.journaledMoves() - moves == Int64(affected), "nothing was moved twice")
            let after = [try await cluster.leader(seenBy: leading), try await cluster.leader(seenBy: following)]
            #expect(after.map(\.isLeading) == [false, true], "a restarted balancer takes nothing from a living leader")
        }
    }
}

import ClusterCore
import ClusterStore
import ControlPlane
import MariaDB
import PrivateMariaDB
import Synchronization
import Testing
import Waiting

@Suite("Two balancers on a real database")
struct RealDatabaseTests {
    /// Waits for something to be seen; errors while the database is away count as "not yet".
    private func expectSoon(
        within limit: Duration = .seconds(40), _ what: String, file: StaticString = #fileID, line: Int = #line,
        _ condition: () async throws -> Bool
    ) async throws {
        try await eventually(what, within: limit, file: file, line: line) { (try? await condition()) == true }
    }

    @Test(
        "failover, a lost leader, a killed database and the return move each monitor once, and nothing of a person's",
        .timeLimit(.minutes(5)))
    func story() async throws {
        let cluster = try await RealCluster(nodes: ["node1", "node2", "node3"], monitors: 20)
        // A person's choices: one on a node that stays up, one away from the node that dies.
        try await cluster.sql.execute("UPDATE monitor SET assigned_node = 'Node3' WHERE id = 1")
        try await cluster.sql.execute("UPDATE monitor SET assigned_node = 'node1' WHERE id = 21")
        let before = try await cluster.runners()
        let lost = before.filter { $0.value == "node2" }.map(\.key).sorted()
        try await cluster.run {
            try await expectSoon("one balancer leads") { cluster.leaders().count == 1 }
            try await expectSoon("loops turn and passes end") {
                cluster.balancers.allSatisfy {
                    $0.turns.load(ordering: .relaxed) > 10 && $0.snapshot.passes.count > 1
                }
            }
            let first = try #require(cluster.leaders().first)
            try await expectSoon("every node reported and was found fit") {
                let nodes = cluster.balancers[first].snapshot.nodes
                return nodes.count == 3 && nodes.allSatisfy { $0.record.okStreak >= 3 && $0.isRoutable }
            }
            #expect(try await cluster.journal().isEmpty)

            cluster.fates.kill("node2")
            try await expectSoon("its monitors run elsewhere") {
                try await !cluster.runners().values.contains("node2")
            }
            let moved = try await cluster.journal()
            #expect(moved.map(\.monitor).sorted() == lost)
            #expect(moved.allSatisfy { $0.closedAs == nil && $0.to != "node2" })

            // A leader cut off from the database cannot give its lease back, nor write: as good as killed.
            await cluster.stores[first].close()
            let second = 1 - first
            try await expectSoon("the other one leads") { cluster.leaders() == [second] }
            #expect(try await cluster.journal() == moved)

            try await outage(of: cluster, leader: second)
            #expect(try await cluster.journal() == moved)

            cluster.fates.revive("node2")
            try await expectSoon("all are home") { try await cluster.runners() == before }
            let returned = try await cluster.journal()
            #expect(returned.map(\.monitor) == moved.map(\.monitor))
            #expect(returned.allSatisfy { $0.closedAs == "returned" })
            let elections = try await cluster.observer.events(EventQuery(kind: .leaderElected))
            #expect(elections.count == 2)
        }
    }

    private func outage(of cluster: RealCluster, leader: Int) async throws {
        await cluster.server.kill()
        try await expectSoon("the outage is noticed") { !cluster.balancers[leader].snapshot.database.isReachable }
        #expect(cluster.balancers[leader].snapshot.nodes.count { $0.isRoutable } == 2)
        try await expectSoon("nobody leads on a lease that ran out") { cluster.leaders().isEmpty }
        try await cluster.server.restart()
        try await expectSoon("the leader leads again") { cluster.leaders() == [leader] }
        try await expectSoon("the return is in the history") {
            try await cluster.observer.events(EventQuery(kind: .databaseReturned)).count == 1
        }
    }

    @Test("two balancers that start at once agree on one leader", .timeLimit(.minutes(2)))
    func agreement() async throws {
        let cluster = try await RealCluster(nodes: ["node1", "node2"], monitors: 2)
        try await cluster.run {
            try await expectSoon("both name the same leader") {
                let seen = cluster.balancers.compactMap(\.snapshot.leadership.leader)
                return seen.count == 2 && Set(seen).count == 1
            }
            #expect(cluster.leaders().count == 1)
            #expect(try await cluster.journal().isEmpty)
        }
    }
}

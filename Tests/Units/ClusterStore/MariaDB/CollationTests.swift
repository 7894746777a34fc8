import ClusterCore
import ClusterStore
import MariaDB
import PrivateMariaDB
import Testing

/// Kuma's tables need not have one collation: a server's default made each of them, in its day, and MariaDB 11's is another.
/// Compared with each other such columns are an error (1267) in SQL.
@Suite("Tables of different collations")
struct CollationTests {
    @Test(
        "every call works, whichever two collations node and monitor have",
        arguments: [
            "ALTER TABLE monitor CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
            "ALTER TABLE node CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci",
            "ALTER TABLE monitor MODIFY assigned_node VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL",
            "ALTER TABLE node CONVERT TO CHARACTER SET latin1 COLLATE latin1_swedish_ci",
        ] as [Statement])
    func mixed(change: Statement) async throws {
        let cluster = try await MariaDBTestCluster.make()
        try await cluster.sql.execute("ALTER DATABASE COLLATE utf8mb4_general_ci")
        try await cluster.sql.execute("ALTER TABLE node CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        try await cluster.sql.execute("ALTER TABLE monitor CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        try await cluster.sql.execute(change)
        let store = cluster.store
        _ = try await store.preparedSchema()
        let (one, two) = (try node("node1"), try node("node2"))
        for id in [one, two] {
            try await cluster.kumaStarts(id, host: "\(id):3001")
            #expect(try await store.report(.beat(id)).outcome == .written)
        }
        for number in Int64(1)...4 {
            try await cluster.put(MonitorAssignment(id: MonitorID(number), home: reference("node1")))
        }
        try await cluster.assign(MonitorID(1), to: reference("node2"))
        #expect(try await store.monitors(runBy: two) == [MonitorID(1)])
        #expect(try await store.report(.beat(two)).outcome == .written)
        #expect(try await store.poll().nodes.map(\.monitorCount) == [0, 1])

        let lease = try await store.lead()
        let plan = (Int64(2)...3).map { PlannedMove.failover($0, from: "node1", to: two) }
        #expect(try await store.move(plan, under: lease).count == 2)
        let recounts = try await store.recountMonitors()
        #expect(recounts.map(\.before) == [0, 1])
        #expect(recounts.map(\.after) == [1, 3])
        #expect(try await store.poll().nodes.map(\.monitorCount) == [1, 3])
        #expect(try await store.returnHome(try await store.openMoves(), under: lease).count == 2)

        try await cluster.age(by: .seconds(20))
        let again = try await store.lead()
        #expect(try await store.speak(.verdict(.offline, of: one), under: again))
        let order = RebalanceOrder(kind: .rebalance, total: 1, requestedBy: "me")
        let job = try #require(try await store.requestJob(order)).id
        let move = PlannedMove(monitor: MonitorID(4), from: reference("node1"), to: two, reason: .rebalance)
        #expect(try await store.rebalance([move], for: job, under: again) == .moved([MonitorID(4)]))
        try await store.finishJob(job, as: .done, under: again)
        #expect(try await store.history(newest: 10).moves.count == 3)
    }
}

import ClusterCore
import ClusterStore
import InMemoryLogging
import Logging
import MariaDB
import PrivateMariaDB
import Testing
import Waiting

@Suite("Rows that somebody keeps locked")
struct LockedRowTests {
    /// How long `patientStore` waits for a lock: far longer than what else a busy machine adds to a statement.
    private static let patience: Duration = .seconds(20)

    private func patientStore(on cluster: MariaDBTestCluster) -> MariaDBClusterStore {
        MariaDBClusterStore(cluster.options(lockWait: LockedRowTests.patience), logger: Logger(label: "test"))
    }

    /// Monitors 1 to `monitors` on node1, a leader, and a person's connection with a transaction open.
    private func cluster(monitors: Int64 = 3) async throws -> (MariaDBTestCluster, Lease) {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        if monitors > 0 {
            for id in 1...monitors {
                try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("node1")))
            }
        }
        let lease = try await cluster.store.lead()
        try await cluster.sql.execute("SET SESSION autocommit = 0, idle_transaction_timeout = 60")
        return (cluster, lease)
    }

    @Test("A monitor that a person's open transaction holds keeps no other one from moving or returning")
    func monitor() async throws {
        let (cluster, lease) = try await cluster()
        let two = try node("node2")
        let plan = (Int64(1)...3).map { PlannedMove.failover($0, from: "node1", to: two) }
        try await cluster.sql.execute("UPDATE monitor SET name = 'mine' WHERE id = 1")
        #expect(try await cluster.store.move(plan, under: lease) == [MonitorID(2), MonitorID(3)])
        try await cluster.sql.execute("COMMIT")
        #expect(try await cluster.store.move(plan, under: lease) == [MonitorID(1)])
        try await cluster.sql.execute("COMMIT")

        let open = try await cluster.store.openMoves()
        try await cluster.sql.execute("DELETE FROM monitor WHERE id = 2")
        #expect(try await cluster.store.returnHome(open, under: lease) == [MonitorID(1), MonitorID(3)])
        try await cluster.store.forgetMoves(open, under: lease)
        #expect(try await cluster.store.openMoves().map(\.monitor) == [MonitorID(2)], "it may yet come back")
        try await cluster.sql.execute("ROLLBACK")
        #expect(try await cluster.store.returnHome(open, under: lease) == [MonitorID(2)])
    }

    @Test("The log names the monitors that are passed over, ten at most and not at every attempt")
    func passedOver() async throws {
        let (cluster, lease) = try await cluster(monitors: 12)
        let log = InMemoryLogHandler()
        let store = MariaDBClusterStore(
            cluster.server.rootOptions(database: cluster.database), logger: Logger(label: "test") { _ in log })
        let two = try node("node2")
        let plan = (Int64(1)...12).map { PlannedMove.failover($0, from: "node1", to: two) }
        try await cluster.sql.execute("UPDATE monitor SET name = 'mine' WHERE id < 12")
        #expect(try await store.move(plan, under: lease) == [MonitorID(12)])
        #expect(try await store.move(plan, under: lease).isEmpty)
        try await cluster.sql.execute("ROLLBACK")
        let lines = log.entries.filter { $0.metadata["monitors"] != nil }
        #expect(lines.map { "\($0.metadata["monitors"] ?? "")" } == ["1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …"])
        #expect(lines.first?.metadata["count"] == "11")
        #expect(lines.first?.level == .warning)
        await store.close()
    }

    @Test("A job that finds nothing but locked monitors is told so, and not that all is done")
    func job() async throws {
        let (cluster, lease) = try await cluster()
        let order = RebalanceOrder(kind: .rebalance, total: 1, requestedBy: "me")
        let job = try #require(try await cluster.store.requestJob(order)).id
        let move = PlannedMove(
            monitor: MonitorID(1), from: reference("node1"), to: try node("node2"), reason: .rebalance)
        try await cluster.sql.execute("UPDATE monitor SET name = 'mine' WHERE id = 1")
        let error = await #expect(throws: StoreError.self) {
            try await cluster.store.rebalance([move], for: job, under: lease)
        }
        if case .contended = error {} else { Issue.record("\(String(describing: error))") }
        try await cluster.sql.execute("COMMIT")
        #expect(try await cluster.store.rebalance([move], for: job, under: lease) == .moved([MonitorID(1)]))
    }

    @Test("A node whose row is locked is not spoken for now, and costs no wait; that it reported nobody says")
    func nodeRow() async throws {
        let (cluster, lease) = try await cluster(monitors: 0)
        let id = try node("node1")
        try await cluster.kumaStarts(id, host: "kuma:3001")
        try await cluster.sql.execute("COMMIT")
        try await cluster.sql.execute("UPDATE node SET node_name = 'mine'")
        let store = patientStore(on: cluster)
        let start = ContinuousClock.now
        let error = await #expect(throws: StoreError.self) {
            try await store.speak(.verdict(.offline, of: id), under: lease)
        }
        if case .contended = error {} else { Issue.record("\(String(describing: error))") }
        #expect(ContinuousClock.now - start < LockedRowTests.patience, "less than one wait for a lock takes")
        await store.close()
        try await cluster.sql.execute("COMMIT")
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: lease))
    }

    @Test("A locked history keeps no monitor from being moved")
    func history() async throws {
        let (cluster, lease) = try await cluster(monitors: 1)
        try await cluster.sql.execute("LOCK TABLES cluster_event WRITE")
        let moved = try await cluster.store.move([.failover(1, from: "node1", to: try node("node2"))], under: lease)
        #expect(moved == [MonitorID(1)])
        #expect(try await cluster.store.openMoves().map(\.monitor) == [MonitorID(1)])
        let error = await #expect(throws: StoreError.self) {
            try await cluster.store.record([ClusterEvent(.leaderElected, node: nil, detail: "")])
        }
        if case .contended = error {} else { Issue.record("\(String(describing: error))") }
        try await cluster.sql.execute("UNLOCK TABLES")
    }

    @Test("A pause is not granted while a leader's transaction may still move something")
    func pause() async throws {
        let (cluster, _) = try await cluster(monitors: 0)
        try await cluster.sql.execute("UPDATE cluster_lease SET touches = touches + 1")
        let order = PauseOrder(by: "me", reason: "")
        await #expect(throws: StoreError.self) { try await cluster.store.pause(order) }
        #expect(try await cluster.store.poll().orders.pause == nil)
        try await cluster.sql.execute("COMMIT")
        try await cluster.store.pause(order)
        #expect(try await cluster.store.poll().orders.activePause?.by == "me")
    }

    @Test("Whoever waited for the lease row reads its end by the time of then, and takes nothing that was renewed")
    func renewedMeanwhile() async throws {
        let (cluster, lease) = try await cluster(monitors: 0)
        try await cluster.sql.execute(
            "UPDATE cluster_lease SET expires_at = NOW(3) - INTERVAL 1 SECOND WHERE name = 'leader'")
        try await cluster.sql.execute("COMMIT")
        try await cluster.sql.execute("UPDATE cluster_lease SET touches = touches + 1")
        let store = patientStore(on: cluster)
        async let answer = store.acquireLease(holder: BalancerID(text: "two"), ttl: .seconds(10))
        let observer = Connection(cluster.server.rootOptions(database: cluster.database))
        // The end that follows lies within the skew, and would not if counted from when the waiting began.
        try await eventually("another balancer has waited for the row for a while") {
            let rows = try await observer.query(
                """
                SELECT COUNT(*) AS n FROM information_schema.processlist
                WHERE db = DATABASE() AND info LIKE '%FOR UPDATE%' AND id <> CONNECTION_ID() AND time_ms > 500
                """)
            return try rows.first?.int(try rows.column("n")) == 1
        }
        try await cluster.sql.execute("UPDATE cluster_lease SET expires_at = NOW(3) + INTERVAL 10900000 MICROSECOND")
        try await cluster.sql.execute("COMMIT")
        guard case .heldByOther(lease.holder, lease.epoch, _) = try await answer else {
            Issue.record("the lease was stolen")
            return
        }
        await store.close()
    }
}

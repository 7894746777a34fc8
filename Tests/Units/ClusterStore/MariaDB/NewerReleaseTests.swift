import ClusterCore
import ClusterStore
import MariaDB
import Testing

@Suite("Beside another release")
struct NewerReleaseTests {
    /// Writes an open entry as another release would: monitor 1, which lives on node1, was moved to node2.
    private func makeEntry(_ reason: String, in cluster: MariaDBTestCluster) async throws {
        try await cluster.put(
            MonitorAssignment(id: MonitorID(1), home: reference("node1"), assigned: reference("node2")))
        try await cluster.sql.execute(
            """
            INSERT INTO cluster_move (monitor_id, from_node, to_node, reason, epoch, moved_at)
            VALUES (1, 'node1', 'node2', ?, 1, NOW(3))
            """, [.text(reason)])
    }

    @Test("Maintenance is read in the word of 1.0 and in its own, and written in the one that 1.0 reads")
    func maintenance() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        for word in ["drain", "maintenance"] {
            try await makeEntry(word, in: cluster)
            #expect(try await cluster.store.openMoves().map(\.reason) == [.maintenance])
            #expect(try await cluster.store.moves(MoveQuery(reason: .maintenance)).count == 1)
            try await cluster.sql.execute("DELETE FROM cluster_move")
        }
        let lease = try await cluster.store.lead()
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: reference("node1")))
        let move = PlannedMove(
            monitor: MonitorID(1), from: reference("node1"), to: try node("node2"), reason: .maintenance)
        #expect(try await cluster.store.move([move], under: lease) == [MonitorID(1)])
        let rows = try await cluster.sql.query("SELECT reason FROM cluster_move")
        #expect(try rows.first?.text(try rows.column("reason")) == "drain")
    }

    @Test("An entry in a word that nobody knows stays open, and what it restores is carried on when its node dies")
    func laterReason() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        try await makeEntry("teleport", in: cluster)
        let open = try await cluster.store.openMoves()
        #expect(open.map(\.reason) == [nil])
        let lease = try await cluster.store.lead()
        try await cluster.store.forgetMoves(open, under: lease)
        #expect(try await cluster.store.openMoves() == open)
        let three = try node("node3")
        #expect(try await cluster.store.move([.failover(1, from: "node2", to: three)], under: lease) == [MonitorID(1)])
        let carried = try await cluster.store.openMoves()
        #expect(carried.map(\.reason) == [.failover])
        #expect(carried.first?.from == reference("node1") && carried.first?.previousAssigned == nil)
        #expect(try await cluster.store.returnHome(carried, under: lease) == [MonitorID(1)])
        #expect(try await cluster.monitor(MonitorID(1))?.assigned == nil)
    }

    @Test("A page of the history is full while there is more, whatever words stand between")
    func events() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        for number in 1...3 {
            try await cluster.store.record([ClusterEvent(.nodeOnline, node: nil, detail: "\(number)")])
            try await cluster.sql.execute(
                "INSERT INTO cluster_event (at, kind, detail) VALUES (NOW(3), 'teleported', 'new')")
        }
        let first = try await cluster.store.events(EventQuery(limit: 2))
        #expect(first.map(\.event.detail) == ["3", "2"])
        let rest = try await cluster.store.events(EventQuery(limit: 2, before: try #require(first.last).id))
        #expect(rest.map(\.event.detail) == ["1"])
        #expect(try await cluster.store.events(EventQuery(limit: 2, kind: .nodeOffline)).isEmpty)
    }

    @Test("A page of the journal is full while there is more, too")
    func moves() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        for monitor in Int64(1)...3 {
            for reason in ["drain", "teleport"] {
                try await cluster.sql.execute(
                    """
                    INSERT INTO cluster_move (monitor_id, from_node, to_node, reason, epoch, moved_at)
                    VALUES (?, 'a', 'b', ?, 1, NOW(3))
                    """, [.int(monitor), .text(reason)])
            }
        }
        let first = try await cluster.store.moves(MoveQuery(limit: 2))
        #expect(first.map(\.monitor.number) == [3, 2])
        let rest = try await cluster.store.moves(MoveQuery(limit: 2, before: try #require(first.last).id))
        #expect(rest.map(\.monitor.number) == [1])
    }
}

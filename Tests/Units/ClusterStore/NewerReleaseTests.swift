import ClusterCore
import ClusterStore
import MariaDB
import Testing

@Suite("After a way back from a newer release")
struct NewerReleaseTests {
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

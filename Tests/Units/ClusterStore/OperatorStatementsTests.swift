import ClusterCore
import ClusterStore
import Foundation
import MariaDB
import PackageFiles
import PrivateMariaDB
import Testing

/// What the pages for operators say to type into the database does what they say, to the letter.
@Suite("Statements that the pages for operators give")
struct OperatorStatementsTests {
    private static let settle: Statement =
        "UPDATE monitor SET node_id = COALESCE(assigned_node, 'node1'), assigned_node = NULL WHERE node_id = 'node2'"
    private static let remove: Statement = "DELETE FROM node WHERE node_id = 'node2'"
    private static let assigned: Statement =
        "SELECT assigned_node, COUNT(*) FROM monitor WHERE assigned_node IS NOT NULL GROUP BY 1"
    private static let forget: Statement = "UPDATE monitor SET assigned_node = NULL WHERE assigned_node IS NOT NULL"
    private static let away: Statement = "SELECT monitor_id FROM cluster_move WHERE returned_at IS NULL"

    @Test("stand there as they are tried here")
    func quoted() throws {
        let pages = try ["Operating", "TakingOver"].map {
            try PackageFiles.text(of: "Sources/ControlPlane/ControlPlane.docc/\($0).md")
        }
        let text = pages.joined(separator: "\n").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for statement in [Self.settle, Self.remove, Self.assigned, Self.forget, Self.away] {
            #expect(text.contains("`\(statement.oneLine)`"), "\(statement.oneLine)")
        }
    }

    @Test("after a removal every monitor has a home that exists, paused ones too, and nothing is left to return")
    func removal() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        let (one, two) = (try node("node1"), try node("node2"))
        for node in [one, two] { try await cluster.kumaStarts(node, host: "\(node):3001") }
        let monitors =
            [(1, true, nil), (2, true, nil), (3, false, nil), (4, true, "node1")] as [(Int64, Bool, String?)]
        for (id, isActive, override) in monitors {
            try await cluster.put(
                MonitorAssignment(
                    id: MonitorID(id), isActive: isActive, home: reference("node2"),
                    assigned: override.map(reference)))
        }
        // What maintenance does with the active ones.
        let lease = try await cluster.store.lead()
        let moves = [1, 2].map {
            PlannedMove(monitor: MonitorID($0), from: reference("node2"), to: one, reason: .maintenance)
        }
        #expect(try await cluster.store.move(moves, under: lease).count == 2)

        try await cluster.sql.execute(Self.settle)
        try await cluster.sql.execute(Self.remove)
        for (id, _, _) in monitors {
            let monitor = try #require(try await cluster.monitor(MonitorID(id)))
            #expect(monitor.home == reference("node1") && monitor.assigned == nil, "\(id)")
        }
        #expect(try await cluster.store.poll().nodes.map(\.id) == [one])
    }

    @Test("what another balancer had moved is counted and goes home, and what we moved is named on the way back")
    func takeOver() async throws {
        let cluster = try await MariaDBTestCluster.make()
        let two = try node("node2")
        for node in [try node("node1"), two] { try await cluster.kumaStarts(node, host: "\(node):3001") }
        try await cluster.sql.execute(
            "INSERT INTO monitor (name, node_id, assigned_node) VALUES ('a', 'node1', 'node2'), ('b', 'node1', NULL)")
        #expect(try await cluster.sql.query(Self.assigned).count == 1)
        try await cluster.sql.execute(Self.forget)
        #expect(try await cluster.sql.query(Self.assigned).isEmpty)

        _ = try await cluster.store.preparedSchema()
        let lease = try await cluster.store.lead()
        let move = PlannedMove(monitor: MonitorID(2), from: reference("node1"), to: two, reason: .failover)
        _ = try await cluster.store.move([move], under: lease)
        let rows = try await cluster.sql.query(Self.away)
        #expect(try rows.map { try $0.int(try rows.column("monitor_id")) } == [2])
    }
}

import ClusterCore
import ClusterStore
import MariaDB
import PrivateMariaDB
import Testing

/// Moving from the OpenResty balancer in place: its database has Kuma's tables with their content, and nothing of ours.
@Suite("A database that another balancer ran before")
struct TakeOverTests {
    /// What such a database holds: a node that it found offline, one whose host was cut, one out of service; monitors at home,
    /// some that it had moved away, one that nobody runs.
    private static let content: [Statement] = [
        """
        INSERT INTO node (node_id, node_name, host, hostname, status, active, is_primary, last_seen)
        VALUES ('node1', 'node1', 'uptime-kuma-node1:3001', 'a1b2', 'online', 1, 1, '2025-03-04 05:06:07'),
            ('node2', 'node2', 'uptime-kuma-node2:3001', NULL, 'offline', 1, 0, '2025-03-04 05:06:07'),
            ('node3', 'node3', 'a-very-long-host-name-that-was-cut-at-the-col', NULL, 'online', 1, 0, NULL),
            ('node4', 'node4', NULL, NULL, 'recovering', 0, 0, NULL)
        """,
        """
        INSERT INTO monitor (name, active, node_id, assigned_node)
        VALUES ('home', 1, 'node1', NULL), ('moved', 1, 'node2', 'node1'), ('moved too', 1, 'node2', 'node3'),
            ('at a dead node', 1, 'node2', NULL), ('of nobody', 1, NULL, NULL), ('paused', 0, 'node3', NULL)
        """,
    ]

    private static func kumasColumns(_ cluster: MariaDBTestCluster) async throws -> [String] {
        var texts: [String] = []
        for query: Statement in [
            """
            SELECT CONCAT_WS('|', node_id, node_name, IFNULL(host, '-'), IFNULL(hostname, '-'), status, active, is_primary,
                IFNULL(last_seen, '-'), created_date, modified_date) AS text FROM node ORDER BY node_id
            """,
            """
            SELECT CONCAT_WS('|', id, name, active, IFNULL(node_id, '-'), IFNULL(assigned_node, '-')) AS text
            FROM monitor ORDER BY id
            """,
        ] {
            let rows = try await cluster.sql.query(query)
            texts += try rows.map { try $0.text(try rows.column("text")) }
        }
        return texts
    }

    @Test("is completed without a change to anything that Kuma wrote")
    func completed() async throws {
        let cluster = try await MariaDBTestCluster.make()
        for statement in Self.content { try await cluster.sql.execute(statement) }
        let before = try await Self.kumasColumns(cluster)
        #expect(try await cluster.store.preparedSchema().waitingForKuma == [])
        #expect(try await Self.kumasColumns(cluster) == before)

        let answer = try await cluster.store.poll()
        // A node that was taken out of service (`active = 0`) is none.
        #expect(answer.nodes.map(\.status) == [.online, .offline, .online])
        #expect(
            answer.nodes.allSatisfy { $0.adminState == .known(.active) && $0.reportAge == nil && $0.statusAge == nil })
        #expect(answer.nodes.map(\.isPrimary) == [true, false, false])
        #expect(try await cluster.store.openMoves().isEmpty)
        #expect(try await Self.kumasColumns(cluster) == before)
    }

    @Test("what it had moved counts as assigned by a person, and a first report adopts the row")
    func adopted() async throws {
        let cluster = try await MariaDBTestCluster.make()
        for statement in Self.content { try await cluster.sql.execute(statement) }
        _ = try await cluster.store.preparedSchema()
        let (one, two) = (try node("node1"), try node("node2"))
        #expect(try await cluster.store.monitors(runBy: one) == [MonitorID(1), MonitorID(2)])
        #expect(try await cluster.store.monitors(runBy: two) == [MonitorID(4)])
        #expect(try await cluster.store.report(.beat(one, host: "uptime-kuma-node1:3001")).outcome == .written)
        let record = try #require(try await cluster.store.node(one))
        #expect(record.status == .online && record.monitorCount == 2)
        let moved = try #require(try await cluster.monitor(MonitorID(2)))
        #expect(moved.assigned == reference("node1"))
    }
}

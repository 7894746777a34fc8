import ClusterCore
import ClusterStore
import Logging
import MariaDB
import PrivateMariaDB
import Testing

@Suite("Statement plans")
struct PlanTests {
    /// A table that a statement reads from one end to the other, on purpose.
    private struct Whole {
        let statement: String
        let table: String
        /// Nil: the table itself. Otherwise the index that holds all that is asked for.
        let key: String?
        let why: String

        func covers(_ step: StatementPlans.Step, _ entry: StatementPlans.Entry) -> Bool {
            entry.text.hasPrefix(statement) && step.table == table && (key == nil || key == step.key)
        }
    }

    private static let byDesign = [
        Whole(
            statement: "SELECT LOWER(variable_name) AS name", table: "global_variables", key: nil,
            why: "how the host is, asked after a log-in; kept in memory, and has no indexes"),
        Whole(
            statement: "SELECT LOWER(variable_name) AS name", table: "global_status", key: nil, why: "as above"),
        Whole(
            statement: "SELECT node_id, node_name, host", table: "node", key: nil, why: "the poll asks for all nodes"),
        Whole(
            statement: "SELECT COUNT(*) AS monitors", table: "monitor", key: "idx_assigned_node",
            why: "the fingerprint is one of all monitors; our index alone is read, not Kuma's wide rows"),
        Whole(
            statement: "SELECT id, active, node_id, assigned_node FROM monitor", table: "monitor",
            key: "idx_assigned_node", why: "the whole map, read again only after a change; as above"),
        Whole(
            statement: "SELECT node_id, monitor_count FROM node", table: "node", key: nil,
            why: "a recount of all nodes, asked for"),
        Whole(
            statement: "DELETE FROM cluster_balancer", table: "cluster_balancer", key: nil,
            why: "a row for each balancer of the last hour"),
        Whole(
            statement: "SELECT id, address, version", table: "cluster_balancer", key: "PRIMARY",
            why: "as above, in the order of their ids"),
        Whole(
            statement: "SELECT id, active, node_id, assigned_node FROM monitor WHERE active = 1", table: "monitor",
            key: nil,
            why: "a recount, asked for"),
        Whole(
            statement: "SELECT id, kind, state, requested_by", table: "cluster_job", key: "PRIMARY",
            why: "the 100 newest, asked for"),
        Whole(
            statement: "DELETE FROM cluster_setting", table: "cluster_setting", key: nil,
            why: "a handful of rows; only when a person resumes"),
        Whole(
            statement: "SELECT EXISTS (SELECT 1 FROM `user`)", table: "user", key: nil,
            why: "ends at the first row"),
    ]

    /// The beginning of each statement that agents and balancers repeat: the test must have seen them all.
    private static let periodic = [
        "UPDATE node SET status_since = IF(status_verdict <=> 'online'", "SELECT agent_instance AS owner",
        "SELECT id FROM monitor WHERE active = 1 AND (assigned_node =", "SELECT node_id, node_name, host",
        "SELECT EXISTS (SELECT 1 FROM `user`) AS is_set_up, CAST", "SELECT COUNT(*) AS monitors",
        "SELECT id, active, node_id, assigned_node FROM monitor", "SELECT holder, epoch",
        "UPDATE cluster_lease SET holder", "UPDATE cluster_lease SET expires_at",
        "UPDATE cluster_lease SET touched_at", "UPDATE node SET status_since = IF(status_verdict <=> 'offline'",
        "SELECT m.id AS id", "UPDATE JSON_TABLE(", "INSERT INTO cluster_move",
        "SELECT c.id AS entry", "SELECT id AS entry, monitor_id", "INSERT INTO cluster_event",
        "SELECT id, CONCAT(LEFT(DATE_FORMAT(at", "SELECT id, monitor_id, from_node",
        "DELETE FROM cluster_event",
        "INSERT INTO cluster_balancer", "DELETE FROM cluster_balancer", "DELETE FROM cluster_move",
        "SELECT id, address, version", "UPDATE cluster_job SET state = 'running'", "UPDATE cluster_job SET moved",
        "UPDATE cluster_job SET state = 'done'",
    ]

    @Test("Every periodic statement goes through an index, on a populated database, but for the named few")
    func indexes() async throws {
        let plans = try await StatementPlans.start()
        do {
            let sql = try await runEveryCall(on: plans)
            try check(try await plans.entries(askedOf: sql))
            await sql.close()
        } catch {
            await plans.stop()
            throw error
        }
        await plans.stop()
    }

    private func check(_ entries: [StatementPlans.Entry]) throws {
        for statement in PlanTests.periodic {
            #expect(entries.contains { $0.text.hasPrefix(statement) }, "never ran: \(statement)")
        }
        let isScan = { (step: StatementPlans.Step) in step.isStoredTable && step.readsEverything }
        let start = try #require(entries.firstIndex { $0.text.hasPrefix("ANALYZE TABLE") })
        for entry in entries[(start + 1)...] where !entry.text.hasPrefix(PlanTests.scan) {
            if entry.isUnexplained { Issue.record("no plan of: \(entry.text.prefix(300))") }
            for step in entry.reads.filter(isScan) where !PlanTests.byDesign.contains(where: { $0.covers(step, entry) })
            {
                Issue.record("reads all of \(step.table) (\(step.access), \(step.key)): \(entry.text.prefix(300))")
            }
        }
        // The rule above finds what it is for.
        let scan = try #require(entries.first { $0.text.hasPrefix(PlanTests.scan) })
        #expect(scan.reads.contains(where: isScan))
    }

    /// Run by the test itself, for the rule to find.
    private static let scan = "SELECT MAX(name) FROM monitor"

    /// Once everything that agents and balancers repeat, and what people ask for as well.
    /// - Returns: a connection to the database on which all that ran.
    private func runEveryCall(on plans: StatementPlans) async throws -> Connection {
        let cluster = try await MariaDBTestCluster.make(on: plans.server)
        _ = try await cluster.store.preparedSchema()
        try await PlanTests.populate(cluster.sql)
        let store = MariaDBClusterStore(
            plans.server.rootOptions(database: cluster.database), logger: Logger(label: "test"))
        let (mine, silent) = (try node("node3"), try node("node4"))
        _ = try await store.report(.beat(mine))
        _ = try await store.report(.beat(mine, "another"))
        _ = try await store.report(.beat(try node("newcomer")))
        _ = try await store.monitors(runBy: mine)
        _ = try await store.node(mine)
        try await store.detach(mine, instance: AgentInstance(text: "a"))
        _ = try await store.setAdminState(.drain, of: mine)

        _ = try await store.poll()
        _ = try await store.assignments()
        try await store.announce(BalancerPresence(id: BalancerID(text: "one"), address: "a", version: "v"))
        _ = try await store.balancers()
        let lease = try await store.lead()
        _ = try await store.speak(.verdict(.offline, of: silent), under: lease)
        let moves = (1...100).map { PlannedMove.failover($0 * 50 + 5, from: "node5", to: silent) }
        #expect(try await store.move(moves, under: lease).count == 100)
        let open = try await store.openMoves()
        _ = try await store.returnHome(Array(open.suffix(100)), under: lease)
        try await store.forgetMoves(Array(open.prefix(10)), under: lease)
        try await store.record([ClusterEvent(.leaderElected, node: nil, detail: "")])

        let order = RebalanceOrder(kind: .rebalance, total: 100, requestedBy: "a person")
        let job = try #require(try await store.requestJob(order)).id
        let settled = moves.map {
            PlannedMove(monitor: $0.monitor, from: $0.from, to: silent, reason: .rebalance)
        }
        _ = try await store.rebalance(settled, for: job, under: lease)
        try await store.finishJob(job, as: .done, under: lease)
        try await store.pause(PauseOrder(by: "a person", reason: ""))
        _ = try await store.resume(.any)
        _ = try await store.recountMonitors()
        _ = try await store.history(newest: 100)
        _ = try await store.lead()
        _ = try await store.events(EventQuery())
        _ = try await store.moves(MoveQuery())
        try await store.releaseLease(lease)
        _ = try await cluster.sql.query("SELECT MAX(name) FROM monitor")
        await store.close()
        return cluster.sql
    }

    /// A thousand nodes, 50 000 monitors on the first fifty, and a full history.
    private static func populate(_ sql: Connection) async throws {
        try await sql.execute(
            """
            INSERT INTO node (node_id, node_name, host, last_report)
            SELECT CONCAT('node', seq), 'n', 'kuma:3001', NOW(3) - INTERVAL 9 SECOND FROM seq_0_to_999
            """)
        try await sql.execute(
            """
            INSERT INTO monitor (id, name, active, node_id, assigned_node)
            SELECT seq, 'm', 1, CONCAT('node', seq % 50), IF(seq % 3 = 0 AND seq % 50 <> 5, CONCAT('node', seq % 7), NULL)
            FROM seq_1_to_50000
            """)
        try await sql.execute(
            """
            INSERT INTO cluster_move (monitor_id, from_node, to_node, reason, epoch, moved_at, returned_at, closed_as)
            SELECT seq, 'node1', 'node2', 'failover', 1, NOW(3), IF(seq % 100 = 0, NULL, NOW(3)), 'returned'
            FROM seq_1_to_50000
            """)
        try await sql.execute(
            """
            INSERT INTO cluster_event (at, node_id, kind, detail)
            SELECT NOW(3), CONCAT('node', seq % 1000), 'monitors_moved', '' FROM seq_1_to_10000
            """)
        try await sql.execute(
            """
            INSERT INTO cluster_job (active, kind, state, requested_by, total, requested_at)
            SELECT NULL, 'rebalance', 'done', 'p', 1, NOW(3) FROM seq_1_to_100
            """)
        try await sql.execute(
            """
            INSERT INTO cluster_balancer (id, address, version, last_seen)
            SELECT CONCAT('b', seq), 'a', 'v', NOW(3) FROM seq_1_to_5
            """)
        try await sql.execute(
            "ANALYZE TABLE node, monitor, cluster_move, cluster_event, cluster_job, cluster_balancer")
    }
}

import KumaTables
import Logging
package import MariaDB
package import StandInKuma

/// The demo's own access to the database: seeds it before the nodes start, and watches what the cluster does with it.
package struct DemoDatabase: Sendable {
    /// A person may freeze the database; the demo's own answers must not wait long for it.
    private static let watchingLimit: Duration = .seconds(2)
    /// To make tables waits for the disk, and a busy one takes its time.
    private static let seedingLimit: Duration = .seconds(30)

    private let access: StandInSettings.DatabaseAccess
    private let connection: Connection

    /// Connects with the first statement.
    package init(_ access: StandInSettings.DatabaseAccess) {
        self.access = access
        connection = DemoDatabase.connection(access, limit: DemoDatabase.watchingLimit)
    }

    private static func connection(_ access: StandInSettings.DatabaseAccess, limit: Duration) -> Connection {
        var options = ConnectionOptions(
            hosts: [Host(access.host, port: access.port)], user: access.user, password: access.password,
            database: access.name)
        options.readTimeout = limit
        options.statementTimeout = limit
        options.lockWaitTimeout = limit
        options.connectTimeout = limit
        var logger = Logger(label: "demo-database")
        logger.logLevel = .critical
        return Connection(options, logger: logger)
    }

    /// Makes Kuma's tables, the monitors with their homes, and the user that marks set-up as done.
    package func seed(_ plan: DemoPlan) async throws(MariaDBError) {
        let connection = DemoDatabase.connection(access, limit: DemoDatabase.seedingLimit)
        do throws(MariaDBError) {
            try await seed(plan, over: connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private func seed(_ plan: DemoPlan, over connection: Connection) async throws(MariaDBError) {
        try await KumaTables.all.union(.heartbeat).create(on: connection)
        let monitors = (0..<plan.options.monitors).map { index in
            (
                name: "Monitor \(index + 1)", url: plan.monitoredURL(ofMonitor: index),
                home: "node\(HomeAssignments.node(ofMonitor: index, nodes: plan.options.nodes))"
            )
        }
        let interval = plan.options.intervalSeconds
        try await connection.transaction { session throws(MariaDBError) in
            for monitor in monitors {
                try session.execute(
                    """
                    INSERT INTO monitor (name, active, user_id, `interval`, url, type, node_id)
                    VALUES (?, 1, 1, ?, ?, 'http', ?)
                    """, [.text(monitor.name), .int(interval), .text(monitor.url), .text(monitor.home)])
            }
            return .commit(())
        }
        switch plan.options.setUp {
        case .done: try await connection.execute("INSERT INTO `user` (username, password) VALUES ('demo', NULL)")
        case .pending: break
        }
    }

    // MARK: Watching

    /// The database's clock, as a text that `firstBeats` understands.
    package func now() async throws(MariaDBError) -> String {
        let rows = try await connection.query("SELECT CAST(NOW(3) AS CHAR) AS now")
        let column = try rows.column("now")
        guard let row = rows.first else { throw .misused(reason: "no row") }
        return try row.text(column)
    }

    /// The active monitors that a node effectively runs.
    package func monitors(runBy node: String) async throws(MariaDBError) -> Set<Int64> {
        let rows = try await connection.query(
            "SELECT id FROM monitor WHERE active = 1 AND COALESCE(assigned_node, node_id) = ?", [.text(node)])
        let id = try rows.column("id")
        var monitors: Set<Int64> = []
        for row in rows { monitors.insert(try row.int(id)) }
        return monitors
    }

    /// Each monitor's first beat on each node since a time of the database's clock.
    package func firstBeats(since time: String) async throws(MariaDBError) -> [TakeoverWatch.FirstBeat] {
        let rows = try await connection.query(
            """
            SELECT monitor_id, node_id, CAST(TIMESTAMPDIFF(MICROSECOND, ?, MIN(time)) AS SIGNED) AS age
            FROM heartbeat WHERE time > ? GROUP BY monitor_id, node_id
            """, [.text(time), .text(time)])
        let (monitor, node, age) = (
            try rows.column("monitor_id"), try rows.column("node_id"), try rows.column("age")
        )
        var beats: [TakeoverWatch.FirstBeat] = []
        for row in rows {
            beats.append(
                TakeoverWatch.FirstBeat(
                    monitor: try row.int(monitor), node: try row.text(node), seconds: Double(try row.int(age)) / 1e6))
        }
        return beats
    }

    /// Monitors that had a good beat at all.
    package func monitorsWithBeats() async throws(MariaDBError) -> Int {
        let rows = try await connection.query(
            "SELECT CAST(COUNT(DISTINCT monitor_id) AS SIGNED) AS n FROM heartbeat WHERE status = 1")
        let column = try rows.column("n")
        return Int(try rows.first?.int(column) ?? 0)
    }

    /// What `status` shows of one node.
    package struct NodeFacts: Sendable {
        /// The `status` column; nil where the node has no row.
        package let status: String?
        /// Active ones that it effectively runs.
        package let monitors: Int
        /// Rows of the last ten seconds, by the database's clock.
        package let recentBeats: Int
    }

    /// - Throws: when the database is away; to connect and to ask take two seconds each at most.
    package func facts(of node: String) async throws(MariaDBError) -> NodeFacts {
        let rows = try await connection.query(
            """
            SELECT (SELECT status FROM `node` WHERE node_id = ?) AS status,
                CAST((SELECT COUNT(*) FROM monitor
                    WHERE active = 1 AND COALESCE(assigned_node, node_id) = ?) AS SIGNED) AS monitors,
                CAST((SELECT COUNT(*) FROM heartbeat
                    WHERE node_id = ? AND time > NOW(3) - INTERVAL 10 SECOND) AS SIGNED) AS beats
            """, [.text(node), .text(node), .text(node)])
        let (status, monitors, beats) = (
            try rows.column("status"), try rows.column("monitors"), try rows.column("beats")
        )
        guard let row = rows.first else { throw .misused(reason: "no row") }
        return NodeFacts(
            status: try row.optionalText(status), monitors: Int(try row.int(monitors)),
            recentBeats: Int(try row.int(beats)))
    }

    /// One row of the cluster's history.
    package struct Event: Sendable {
        /// Ascending.
        package let id: Int64
        /// Nil where it is about no single node.
        package let node: String?
        /// As in the table, such as `node_offline`; there may be ones that the demo does not know.
        package let kind: String
        /// Empty where the column is NULL.
        package let detail: String
    }

    /// Events after the one with that id, oldest first. None while the table does not exist yet.
    package func events(after id: Int64) async throws(MariaDBError) -> [Event] {
        let rows: Rows
        do throws(MariaDBError) {
            rows = try await connection.query(
                "SELECT id, node_id, kind, detail FROM cluster_event WHERE id > ? ORDER BY id LIMIT 200", [.int(id)])
        } catch .schemaMissing {
            return []
        }
        let columns = (
            id: try rows.column("id"), node: try rows.column("node_id"), kind: try rows.column("kind"),
            detail: try rows.column("detail")
        )
        var events: [Event] = []
        for row in rows {
            events.append(
                Event(
                    id: try row.int(columns.id), node: try row.optionalText(columns.node),
                    kind: try row.text(columns.kind), detail: try row.optionalText(columns.detail) ?? ""))
        }
        return events
    }

    /// Closes the connection for good; later calls fail.
    package func close() async { await connection.close() }
}

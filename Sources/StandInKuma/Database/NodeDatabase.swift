package import ClusterCore
import KumaTables
package import Logging
package import MariaDB

/// What a stand-in node reads and writes: every SQL text of its own.
package struct NodeDatabase: MonitorDatabase {
    private let node: NodeID
    /// Beats and assignments.
    private let work: Connection
    /// The health check has its own connection, so that it never waits behind a beat.
    private let health: Connection

    /// Two connections, each opened by its first statement.
    package init(settings: StandInSettings, logger: Logger) {
        node = settings.id
        work = Connection(NodeDatabase.options(settings.database), logger: logger)
        health = Connection(NodeDatabase.options(settings.database), logger: logger)
    }

    private static func options(_ access: StandInSettings.DatabaseAccess) -> ConnectionOptions {
        var options = ConnectionOptions(
            hosts: [Host(access.host, port: access.port)], user: access.user, password: access.password,
            database: access.name)
        // As long as Kuma's client waits for a log-in: on a crowded machine one took over the 3 s of our own programs, and a node
        // that was about to start ended.
        options.connectTimeout = .seconds(10)
        // Under a frozen database Kuma's answers hang for 10 to 25 s (FactsAboutKuma.md).
        options.readTimeout = .seconds(15)
        options.writeTimeout = .seconds(15)
        options.statementTimeout = .seconds(14)
        // Nor does Kuma give up a lock sooner (50 s): on a busy disk an agent's ALTER of `node` takes longer than the 2 s that
        // our own programs wait, and a node that has just started would end.
        options.lockWaitTimeout = options.statementTimeout
        return options
    }

    /// Kuma's migrations: creates what is missing.
    package func createTables() async throws(MariaDBError) {
        try await KumaTables.all.union(.heartbeat).create(on: work)
    }

    /// The one time a node writes its row: at start, before it serves (FactsAboutKuma.md).
    package func register(_ settings: StandInSettings) async throws(MariaDBError) {
        try await work.execute(
            """
            INSERT INTO `node` (node_id, node_name, host, hostname, status, active, is_primary, modified_date, last_seen)
            VALUES (?, ?, ?, ?, 'online', 1, ?, NOW(), NOW())
            ON DUPLICATE KEY UPDATE node_name = VALUES(node_name), host = VALUES(host), hostname = VALUES(hostname),
                status = 'online', is_primary = VALUES(is_primary), modified_date = NOW(), last_seen = NOW()
            """,
            [
                .text(settings.id.text), .text(settings.name), .text(settings.advertised.description),
                .text(settings.name), .int(settings.role == .primary ? 1 : 0),
            ])
    }

    package func assignedMonitors() async throws -> [MonitorTask] {
        let rows = try await work.query(
            """
            SELECT id, url, `interval` AS seconds FROM monitor
            WHERE active = 1 AND (assigned_node = ? OR (assigned_node IS NULL AND node_id = ?))
            ORDER BY id
            """, [.text(node.text), .text(node.text)])
        return try tasks(rows)
    }

    package func monitor(_ id: MonitorID) async throws -> MonitorTask? {
        try tasks(
            try await work.query("SELECT id, url, `interval` AS seconds FROM monitor WHERE id = ?", [.int(id.number)])
        ).first
    }

    private func tasks(_ rows: Rows) throws -> [MonitorTask] {
        let (id, url, seconds) = try (rows.column("id"), rows.column("url"), rows.column("seconds"))
        return try rows.map { row in
            MonitorTask(
                id: MonitorID(try row.int(id)), url: try row.optionalText(url) ?? "",
                interval: .seconds(max(1, try row.int(seconds))))
        }
    }

    /// A person's edit.
    package func setURL(_ url: String, of monitor: MonitorID) async throws(MariaDBError) {
        try await work.execute("UPDATE monitor SET url = ? WHERE id = ?", [.text(url), .int(monitor.number)])
    }

    package func record(_ beat: Beat) async throws {
        try await work.execute(
            "INSERT INTO heartbeat (monitor_id, node_id, status, msg, time, ping) VALUES (?, ?, ?, ?, NOW(3), ?)",
            [
                .int(beat.monitor.number), .text(node.text), .int(beat.status.rawValue),
                .text(String(beat.message.prefix(500))), .int(beat.ping.wholeMilliseconds),
            ])
    }

    /// Drops this node's old beats, so that a demo left running does not fill the disk.
    package func trimBeats() async throws(MariaDBError) {
        try await work.execute(
            "DELETE FROM heartbeat WHERE node_id = ? AND time < NOW(3) - INTERVAL 10 MINUTE", [.text(node.text)])
    }

    /// Whether the database answers; waits as long as Kuma's own check would.
    package func check() async -> DatabaseCheck {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            _ = try await health.query("SELECT 1 AS one")
            return .healthy(took: start.duration(to: clock.now))
        } catch {
            return .unhealthy(reason: "\(error)")
        }
    }

    /// Closes both connections for good; later calls fail.
    package func close() async {
        await work.close()
        await health.close()
    }
}

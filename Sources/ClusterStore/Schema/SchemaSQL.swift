import MariaDB

/// Everything we add to Kuma's database (Tables.md). Additive only: Kuma's own statements name their columns and go on
/// working.
package enum SchemaSQL {
    /// Raised with every change of the steps; a database that says more was migrated by a newer release and is left alone.
    static let version: Int64 = 3

    /// What an administrator can run by hand: all steps, one statement a line.
    package static var text: String { (own + onNode + onMonitor).map { $0.sql.oneLine + ";\n" }.joined() }

    /// Tables of ours. Ids and names are compared byte by byte; every time stamp is NULL-able, or MariaDB before 10.10 would
    /// let the first one of a table follow every update.
    static let own: [SchemaStep] = [
        SchemaStep(
            sign: .table("cluster_schema"),
            sql: """
                CREATE TABLE IF NOT EXISTS cluster_schema (
                    id TINYINT NOT NULL PRIMARY KEY, version INT NOT NULL
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
                """),
        SchemaStep(
            sign: .table("cluster_lease"),
            sql: """
                CREATE TABLE IF NOT EXISTS cluster_lease (
                    name VARCHAR(50) NOT NULL PRIMARY KEY, holder VARCHAR(200) NOT NULL, epoch BIGINT NOT NULL,
                    expires_at TIMESTAMP(3) NULL DEFAULT NULL, touched_at TIMESTAMP(3) NULL DEFAULT NULL,
                    touches BIGINT NOT NULL DEFAULT 0
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
                """),
        SchemaStep(
            sign: .table("cluster_move"),
            sql: """
                CREATE TABLE IF NOT EXISTS cluster_move (
                    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, monitor_id BIGINT NOT NULL,
                    from_node VARCHAR(255) NOT NULL, to_node VARCHAR(255) NOT NULL,
                    previous_assigned VARCHAR(255) NULL, reason VARCHAR(20) NOT NULL, epoch BIGINT NOT NULL,
                    moved_at TIMESTAMP(3) NULL DEFAULT NULL, returned_at TIMESTAMP(3) NULL DEFAULT NULL,
                    closed_as VARCHAR(20) NULL, KEY idx_monitor (monitor_id, returned_at), KEY idx_open (returned_at)
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
                """),
        SchemaStep(
            sign: .table("cluster_event"),
            sql: """
                CREATE TABLE IF NOT EXISTS cluster_event (
                    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP(3) NULL DEFAULT NULL,
                    node_id VARCHAR(50) NULL, kind VARCHAR(40) NOT NULL, detail VARCHAR(500) NOT NULL
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
                """),
        SchemaStep(
            sign: .table("cluster_setting"),
            sql: """
                CREATE TABLE IF NOT EXISTS cluster_setting (
                    name VARCHAR(50) NOT NULL PRIMARY KEY, value VARCHAR(500) NOT NULL
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
                """),
        // `active` is 1 or NULL: the unique key lets one job be active, on Galera too.
        SchemaStep(
            sign: .table("cluster_job"),
            sql: """
                CREATE TABLE IF NOT EXISTS cluster_job (
                    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, active TINYINT NULL, kind VARCHAR(20) NOT NULL,
                    state VARCHAR(20) NOT NULL, requested_by VARCHAR(200) NOT NULL, total INT NOT NULL,
                    moved INT NOT NULL DEFAULT 0, cancelled TINYINT NOT NULL DEFAULT 0,
                    requested_at TIMESTAMP(3) NULL DEFAULT NULL, started_at TIMESTAMP(3) NULL DEFAULT NULL,
                    finished_at TIMESTAMP(3) NULL DEFAULT NULL, error VARCHAR(500) NULL,
                    UNIQUE KEY idx_active (active)
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
                """),
        SchemaStep(
            sign: .table("cluster_balancer"),
            sql: """
                CREATE TABLE IF NOT EXISTS cluster_balancer (
                    id VARCHAR(200) NOT NULL PRIMARY KEY, address VARCHAR(255) NOT NULL, version VARCHAR(100) NOT NULL,
                    last_seen TIMESTAMP(3) NULL DEFAULT NULL
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
                """),
    ]

    /// Columns on Kuma's `node`. All have defaults, so that Kuma's INSERT needs to know none of them.
    static let onNode: [SchemaStep] = [
        column("monitor_count", "ADD COLUMN IF NOT EXISTS monitor_count INT NOT NULL DEFAULT 0"),
        column("agent_health", "ADD COLUMN IF NOT EXISTS agent_health VARCHAR(20) NULL"),
        column("agent_detail", "ADD COLUMN IF NOT EXISTS agent_detail VARCHAR(200) NULL"),
        column("agent_instance", "ADD COLUMN IF NOT EXISTS agent_instance VARCHAR(64) NULL"),
        column("agent_version", "ADD COLUMN IF NOT EXISTS agent_version VARCHAR(100) NULL"),
        column("ok_streak", "ADD COLUMN IF NOT EXISTS ok_streak INT NOT NULL DEFAULT 0"),
        column("fail_streak", "ADD COLUMN IF NOT EXISTS fail_streak INT NOT NULL DEFAULT 0"),
        column("probe_ms", "ADD COLUMN IF NOT EXISTS probe_ms INT NULL"),
        // Agents before schema 3 do not write it.
        column("agent_interval_ms", "ADD COLUMN IF NOT EXISTS agent_interval_ms INT NULL"),
        column("last_report", "ADD COLUMN IF NOT EXISTS last_report TIMESTAMP(3) NULL DEFAULT NULL"),
        column("admin_state", "ADD COLUMN IF NOT EXISTS admin_state VARCHAR(20) NOT NULL DEFAULT 'active'"),
        // Our own last word on the status. Kuma writes `status` too, at its start and on edits in its UI; a change of our
        // verdict is what `status_since` dates, so that a restart of Kuma makes no node look freshly changed.
        column("status_verdict", "ADD COLUMN IF NOT EXISTS status_verdict VARCHAR(20) NULL"),
        column("status_since", "ADD COLUMN IF NOT EXISTS status_since TIMESTAMP(3) NULL DEFAULT NULL"),
        SchemaStep(
            sign: .width(table: "node", column: "host", characters: 255), table: onNodeTable,
            change: "MODIFY COLUMN host VARCHAR(255) NULL"),
    ]

    /// The index holds every column that our periodic statements read, so that none of them touches Kuma's wide rows. Its
    /// making may outlast a statement's usual time on a big table; ours would then never come to an end.
    static let onMonitor: [SchemaStep] = [
        SchemaStep(
            sign: .index(table: "monitor", column: "assigned_node"),
            table: "SET STATEMENT max_statement_time = 0 FOR ALTER TABLE monitor",
            change: "ADD INDEX IF NOT EXISTS idx_assigned_node (assigned_node, node_id, active)")
    ]

    private static let onNodeTable: Statement = "ALTER TABLE node"

    private static func column(_ name: String, _ change: Statement) -> SchemaStep {
        SchemaStep(sign: .column(table: "node", column: name), table: onNodeTable, change: change)
    }
}

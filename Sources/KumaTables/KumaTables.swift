package import MariaDB

/// The tables that a Kuma node creates at its start, as far as the cluster meets them (FactsAboutKuma.md), and the
/// stand-in's own `heartbeat`: the demo's, and those of every test. Types and widths are the real ones, so that our
/// migration has the same work to do.
package struct KumaTables: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let node = KumaTables(rawValue: 1)
    package static let monitor = KumaTables(rawValue: 2)
    package static let user = KumaTables(rawValue: 4)
    /// Where the stand-in writes who ran what.
    package static let heartbeat = KumaTables(rawValue: 8)

    /// What the cluster meets.
    package static let all: KumaTables = [.node, .monitor, .user]

    /// Creates those that are missing.
    package func create(on connection: Connection) async throws(MariaDBError) {
        for statement in statements { try await connection.execute(statement) }
    }

    package var statements: [Statement] {
        let known: [(KumaTables, Statement)] = [
            (.node, KumaTables.createNode), (.monitor, KumaTables.createMonitor), (.user, KumaTables.createUser),
            (.heartbeat, KumaTables.createHeartbeat),
        ]
        return known.compactMap { contains($0.0) ? $0.1 : nil }
    }

    private static let createNode: Statement = """
        CREATE TABLE IF NOT EXISTS `node` (
            node_id VARCHAR(50) NOT NULL PRIMARY KEY,
            node_name VARCHAR(100) NOT NULL,
            location VARCHAR(200) NULL,
            host VARCHAR(45) NULL,
            hostname VARCHAR(100) NULL,
            status VARCHAR(20) NOT NULL DEFAULT 'online',
            active TINYINT NOT NULL DEFAULT 1,
            is_primary TINYINT NOT NULL DEFAULT 0,
            created_date DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
            modified_date DATETIME NULL,
            last_seen TIMESTAMP NULL,
            KEY idx_node_name (node_name),
            KEY idx_status (status),
            KEY idx_active (active),
            KEY idx_is_primary (is_primary)
        ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
        """

    private static let createMonitor: Statement = """
        CREATE TABLE IF NOT EXISTS monitor (
            id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
            name VARCHAR(150) NULL,
            active TINYINT NOT NULL DEFAULT 1,
            user_id INT UNSIGNED NULL,
            `interval` INT NOT NULL DEFAULT 20,
            url TEXT NULL,
            type VARCHAR(20) NULL,
            node_id VARCHAR(50) NULL,
            assigned_node VARCHAR(255) NULL,
            KEY idx_node_id (node_id)
        ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
        """

    private static let createUser: Statement = """
        CREATE TABLE IF NOT EXISTS `user` (
            id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
            username VARCHAR(255) NOT NULL UNIQUE,
            password VARCHAR(255) NULL,
            active TINYINT NOT NULL DEFAULT 1
        ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
        """

    /// Kuma's own has no `node_id` and whole seconds; the demo shows who ran what, and when exactly.
    private static let createHeartbeat: Statement = """
        CREATE TABLE IF NOT EXISTS heartbeat (
            id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
            monitor_id INT UNSIGNED NOT NULL,
            node_id VARCHAR(50) NOT NULL,
            status SMALLINT NOT NULL,
            msg TEXT NULL,
            time DATETIME(3) NOT NULL,
            ping INT NULL,
            KEY idx_time (time),
            KEY idx_monitor_time (monitor_id, time)
        ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
        """
}

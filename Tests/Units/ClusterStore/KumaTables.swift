import MariaDB

/// Kuma's tables as its migrations make them (FactsAboutKuma.md), as far as we meet them.
struct KumaTables: OptionSet {
    let rawValue: Int

    static let node = KumaTables(rawValue: 1)
    static let monitor = KumaTables(rawValue: 2)
    static let user = KumaTables(rawValue: 4)
    static let all: KumaTables = [.node, .monitor, .user]

    func create(on connection: Connection) async throws {
        if contains(.node) { try await connection.execute(KumaTables.createNode) }
        if contains(.monitor) { try await connection.execute(KumaTables.createMonitor) }
        if contains(.user) {
            try await connection.execute(KumaTables.createUser)
            try await connection.execute("INSERT INTO `user` (username) VALUES ('admin')")
        }
    }

    private static let createNode: Statement = """
        CREATE TABLE node (
            node_id VARCHAR(50) NOT NULL PRIMARY KEY, node_name VARCHAR(100) NOT NULL, location VARCHAR(200) NULL,
            host VARCHAR(45) NULL, hostname VARCHAR(100) NULL, status VARCHAR(20) DEFAULT 'online',
            active TINYINT DEFAULT 1, is_primary TINYINT DEFAULT 0, created_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
            modified_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP, last_seen TIMESTAMP NULL,
            KEY idx_name (node_name), KEY idx_status (status), KEY idx_active (active), KEY idx_primary (is_primary)
        )
        """

    private static let createMonitor: Statement = """
        CREATE TABLE monitor (
            id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(150), active TINYINT(1) NOT NULL DEFAULT 1,
            node_id VARCHAR(50) NULL, assigned_node VARCHAR(255) NULL, KEY idx_node_id (node_id)
        )
        """

    private static let createUser: Statement = """
        CREATE TABLE `user` (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, username VARCHAR(255) NOT NULL)
        """
}

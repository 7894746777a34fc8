import ClusterCore
import ClusterStore
import InMemoryClusterStore
import KumaTables
import Logging
import MariaDB
import PrivateMariaDB
import Testing

/// The two implementations that must pass the one contract suite.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inMemory = "in memory"
    case mariaDB = "MariaDB"

    var testDescription: String { rawValue }

    /// A fresh, migrated cluster with Kuma's tables.
    func makeCluster() async throws -> any TestCluster {
        switch self {
        case .inMemory: return InMemoryTestCluster()
        case .mariaDB:
            let cluster = try await MariaDBTestCluster.make()
            _ = try await cluster.store.preparedSchema()
            return cluster
        }
    }
}

/// A store, and the hands of Kuma and of people on the tables behind it.
protocol TestCluster: Sendable {
    associatedtype Store: ClusterStore
    var store: Store { get }
    func kumaStarts(_ node: NodeID, host: String?) async throws
    func put(_ monitor: MonitorAssignment) async throws
    func assign(_ monitor: MonitorID, to node: NodeReference?) async throws
    func removeMonitor(_ monitor: MonitorID) async throws
    func writeStatus(_ text: String, of node: NodeID) async throws
    /// As a later version would.
    func writeAdminState(_ text: String, of node: NodeID) async throws
    /// Takes a node out of service, as Kuma does: `active = 0`.
    func retire(_ node: NodeID) async throws
    func setUp(_ stage: InMemoryCluster.SetUp) async throws
    /// Lets this much time pass for the rows' time stamps.
    func age(by span: Duration) async throws
}

extension TestCluster {
    func monitor(_ id: MonitorID) async throws -> MonitorAssignment? {
        try await store.assignments().first { $0.id == id }
    }
}

struct InMemoryTestCluster: TestCluster {
    private let clock = TestClock()
    let cluster: InMemoryCluster
    let store: InMemoryClusterStore

    init() {
        let clock = clock
        cluster = InMemoryCluster(now: { clock.now })
        store = InMemoryClusterStore(cluster)
    }

    func kumaStarts(_ node: NodeID, host: String?) { cluster.kumaStarts(node, host: host) }
    func retire(_ node: NodeID) { cluster.retireNode(node) }
    func put(_ monitor: MonitorAssignment) { cluster.put(monitor) }
    func assign(_ monitor: MonitorID, to node: NodeReference?) { cluster.assign(monitor, to: node) }
    func removeMonitor(_ monitor: MonitorID) { cluster.removeMonitor(monitor) }
    func writeStatus(_ text: String, of node: NodeID) { cluster.writeStatus(text, of: node) }
    func writeAdminState(_ text: String, of node: NodeID) { cluster.writeAdminState(text, of: node) }
    func setUp(_ stage: InMemoryCluster.SetUp) { cluster.setUp(stage) }
    func age(by span: Duration) { clock.advance(by: span) }
}

struct MariaDBTestCluster: TestCluster {
    let store: MariaDBClusterStore
    /// Kuma's and people's own connection.
    let sql: Connection
    let database: String
    let server: PrivateMariaDB

    /// A fresh database with Kuma's tables, not yet migrated.
    static func make(on server: PrivateMariaDB? = nil, tables: KumaTables = .all) async throws -> MariaDBTestCluster {
        let server = if let server { server } else { try await PrivateMariaDB.shared() }
        let database = try await server.makeDatabase()
        var options = server.rootOptions(database: database)
        // A whole batch of 5 000 moves is half a second of one core, and on a busy machine more than the 4 s of service.
        options.statementTimeout = .seconds(60)
        options.readTimeout = .seconds(65)
        let sql = Connection(options)
        try await tables.makeSetUp(on: sql)
        return MariaDBTestCluster(
            store: MariaDBClusterStore(options, logger: Logger(label: "test")), sql: sql, database: database,
            server: server)
    }

    /// Of somebody who waits that long for a lock: far longer than what a busy machine adds to a statement.
    func options(lockWait: Duration) -> ConnectionOptions {
        var options = server.rootOptions(database: database)
        options.lockWaitTimeout = lockWait
        options.statementTimeout = lockWait + .seconds(5)
        options.readTimeout = lockWait + .seconds(10)
        return options
    }

    func kumaStarts(_ node: NodeID, host: String?) async throws {
        try await sql.execute(
            """
            INSERT INTO node (node_id, node_name, host, status, last_seen, modified_date)
            VALUES (?, ?, ?, 'online', NOW(), NOW())
            ON DUPLICATE KEY UPDATE node_name = VALUES(node_name), host = VALUES(host), status = 'online',
                last_seen = NOW(), modified_date = NOW()
            """, [.text(node.text), .text(node.text), .optional(host)])
    }

    func put(_ monitor: MonitorAssignment) async throws {
        try await sql.execute(
            "REPLACE INTO monitor (id, name, active, node_id, assigned_node) VALUES (?, 'm', ?, ?, ?)",
            [
                .int(monitor.id.number), .int(monitor.isActive ? 1 : 0), .optional(monitor.home?.text),
                .optional(monitor.assigned?.text),
            ])
    }

    func assign(_ monitor: MonitorID, to node: NodeReference?) async throws {
        try await sql.execute(
            "UPDATE monitor SET assigned_node = ? WHERE id = ?", [.optional(node?.text), .int(monitor.number)])
    }

    func removeMonitor(_ monitor: MonitorID) async throws {
        try await sql.execute("DELETE FROM monitor WHERE id = ?", [.int(monitor.number)])
    }

    func writeStatus(_ text: String, of node: NodeID) async throws {
        try await sql.execute("UPDATE node SET status = ? WHERE node_id = ?", [.text(text), .text(node.text)])
    }

    func writeAdminState(_ text: String, of node: NodeID) async throws {
        try await sql.execute("UPDATE node SET admin_state = ? WHERE node_id = ?", [.text(text), .text(node.text)])
    }

    func retire(_ node: NodeID) async throws {
        try await sql.execute("UPDATE node SET active = 0 WHERE node_id = ?", [.text(node.text)])
    }

    func setUp(_ stage: InMemoryCluster.SetUp) async throws {
        switch stage {
        case .pending: try await sql.execute("DELETE FROM `user`")
        case .done: try await sql.execute("REPLACE INTO `user` (id, username) VALUES (1, 'admin')")
        }
    }

    /// Moves every time stamp back instead of waiting.
    func age(by span: Duration) async throws {
        let microseconds = Value.int(span.components.seconds * 1_000_000)
        try await sql.execute(
            """
            UPDATE node SET last_report = last_report - INTERVAL ? MICROSECOND,
                status_since = status_since - INTERVAL ? MICROSECOND
            """, [microseconds, microseconds])
        try await sql.execute(
            "UPDATE cluster_lease SET expires_at = expires_at - INTERVAL ? MICROSECOND", [microseconds])
        try await sql.execute(
            "UPDATE cluster_balancer SET last_seen = last_seen - INTERVAL ? MICROSECOND", [microseconds])
    }
}

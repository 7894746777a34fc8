import DemoCluster
import KumaTables
import MariaDB
import PrivateMariaDB
import Secrets

/// A database with Kuma's tables and nothing of ours, and a user on it.
struct KumaDatabase {
    let server: PrivateMariaDB
    /// The all-powerful user's.
    let sql: Connection
    let access: DemoStatus.Database

    static func make(
        on server: PrivateMariaDB, rights: PrivateMariaDB.Rights = .all, nodes: [(id: String, port: UInt16)] = [],
        monitors: Int = 0, password: Secret = Secret("kuma")
    ) async throws -> KumaDatabase {
        let name = try await server.makeDatabase()
        try await server.makeUser(name, password: password, database: name, rights: rights)
        let sql = Connection(server.rootOptions(database: name))
        try await KumaTables.all.create(on: sql)
        try await sql.execute("INSERT INTO `user` (username) VALUES ('admin')")
        for node in nodes {
            try await sql.execute(
                "INSERT INTO node (node_id, node_name, host) VALUES (?, ?, ?)",
                [.text(node.id), .text(node.id), .text("127.0.0.1:\(node.port)")])
        }
        for number in 0..<monitors {
            try await sql.execute(
                "INSERT INTO monitor (name, node_id) VALUES ('m', ?)", [.text(nodes[number % nodes.count].id)])
        }
        let process = DemoStatus.Process(name: "database", state: .running, pid: server.processID)
        return KumaDatabase(
            server: server, sql: sql,
            access: DemoStatus.Database(
                process: process, host: "127.0.0.1", port: server.port, name: name, user: name,
                password: password))
    }

    func number(_ statement: Statement, _ values: [Value] = []) async throws -> Int64 {
        let rows = try await sql.query(statement, values)
        return try rows.first?.int(try rows.column("n")) ?? 0
    }
}

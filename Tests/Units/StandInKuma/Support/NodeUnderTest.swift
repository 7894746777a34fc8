import ClusterCore
import HTTPTestClient
import KumaTables
import Logging
import MariaDB
import NIOPosix
import PrivateMariaDB
import Secrets
import StandInKuma

/// A real stand-in node in this process, on a free port, with a database of its own.
struct NodeUnderTest: Sendable {
    let node: StandInNode
    let database: StandInSettings.DatabaseAccess
    let connection: Connection
    let target: MonitoredTarget

    var port: UInt16 { node.port }

    static var logger: Logger {
        var logger = Logger(label: "node")
        logger.logLevel = .critical
        return logger
    }

    /// - Parameters:
    ///   - server: the shared one, unless the test breaks it.
    ///   - url: what the monitors check; a page that answers, unless the test wants another.
    static func start(
        on server: PrivateMariaDB? = nil, monitors: Int = 0, url: String? = nil
    ) async throws -> NodeUnderTest {
        let server = if let server { server } else { try await PrivateMariaDB.shared() }
        let name = try await server.makeDatabase()
        let user = "u_\(UInt32.random(in: .min ... .max))"
        try await server.makeUser(user, password: Secret("secret"), database: name)
        let access = StandInSettings.DatabaseAccess(
            host: "127.0.0.1", port: server.port, name: name, user: user, password: Secret("secret"))
        let connection = Connection(server.options(user: user, password: Secret("secret"), database: name))
        let target = try await MonitoredTarget.start(group: .singleton)
        try await KumaTables.all.union(.heartbeat).create(on: connection)
        for number in 0..<monitors {
            try await connection.execute(
                "INSERT INTO monitor (name, url, `interval`, node_id) VALUES (?, ?, ?, 'node1')",
                [.text("m\(number)"), .text(url ?? "http://127.0.0.1:\(target.port)/"), .int(1)])
        }
        let node = try await StandInNode.start(
            settings(access), rereading: .onRequest, group: .singleton, logger: logger)
        return NodeUnderTest(node: node, database: access, connection: connection, target: target)
    }

    static func settings(_ access: StandInSettings.DatabaseAccess) throws -> StandInSettings {
        StandInSettings(
            id: try NodeID("node1"), name: "Node <1>", advertised: NodeAddress(host: "127.0.0.1", port: 3001),
            role: .primary, listenHost: "127.0.0.1", port: 0, database: access, apiKey: Secret("key"), exitDelay: .zero)
    }

    func stop() async throws {
        await node.stop()
        try await target.stop()
        await connection.close()
    }

    func get(_ target: String) async throws -> HTTPReply { try await request("GET", target) }

    func request(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> HTTPReply {
        let port = port
        return try await onThread {
            try HTTPConnection(port: port, timeout: .seconds(20)).request(method, target, fields: fields, body: body)
        }
    }

    /// The result of a query of one number.
    func number(_ statement: Statement, _ values: [Value] = []) async throws -> Int64 {
        let rows = try await connection.query(statement, values)
        let column = try rows.column("n")
        return try rows.first?.int(column) ?? 0
    }
}

import ChildProcesses
import DemoCluster
import FoundationEssentials
import HTTPTestClient
import KumaTables
import MariaDB
import PrivateMariaDB
import Synchronization
import Waiting

/// Real Socket.IO servers (python-socketio) as three nodes behind real balancers, on a private database.
///
/// Without agents: the leader's own checks speak for the nodes.
final class SocketIOCluster: Sendable {
    /// What the clients found.
    struct Outcome: Decodable, Sendable {
        let completed: [String: Int]
        /// Sessions by the node that had them.
        let nodes: [String: Int]
        /// Connections opened to each balancer.
        let connections: [Int]
        let failed: Int
        let failures: [String]
        let seconds: Double
    }

    /// What a node was asked.
    struct Seen: Decodable, Sendable {
        let handshakes: Int
        /// Requests with a session that this node did not issue: what Kuma answers with "Session ID unknown".
        let strays: [String]
        let refused: [String]
    }

    static let monitors = 120

    private let server: PrivateMariaDB
    private let database: Connection
    private let python: PythonPrograms
    private let processes = Mutex<[ChildProcess]>([])
    /// What nodes and balancers printed.
    private let output = CollectedLines()
    let nodePorts: [UInt16]
    let balancerPorts: [UInt16]

    private init(
        server: PrivateMariaDB, database: Connection, python: PythonPrograms, nodePorts: [UInt16],
        balancerPorts: [UInt16]
    ) {
        self.server = server
        self.database = database
        self.python = python
        self.nodePorts = nodePorts
        self.balancerPorts = balancerPorts
    }

    /// - Parameter environment: of the balancers, besides database and address.
    static func launch(balancers: Int, environment: [String: String] = [:]) async throws -> SocketIOCluster {
        let python = try await PythonPrograms.prepare()
        let executable = try BuiltExecutables.balancer()
        let server = try await PrivateMariaDB.start()
        let name = try await server.makeDatabase()
        let ports = try ReservedPorts.take(3 + balancers)
        let cluster = SocketIOCluster(
            server: server, database: Connection(server.rootOptions(database: name)), python: python,
            nodePorts: Array(ports[..<3]), balancerPorts: Array(ports[3...]))
        do {
            try await cluster.start(
                executable,
                environment: ["DB_SOCKET": server.socketPath, "DB_USER": "root", "DB_NAME": name]
                    .merging(environment) { $1 })
        } catch {
            await cluster.end()
            throw CommandFailed(words: ["Socket.IO cluster"], exit: nil, output: "\(error)\n\(cluster.output.text)")
        }
        return cluster
    }

    /// The nodes first: a balancer that found them away would have every reason to let go of their sessions.
    private func start(_ balancer: String, environment: [String: String]) async throws {
        try await SocketIOCluster.makeTables(on: database, nodePorts: nodePorts)
        for (index, port) in nodePorts.enumerated() {
            try start(python.command("node.py", "node\(index + 1)", "\(port)", output: lines))
        }
        for port in nodePorts { try await answers("/api/v1/health", port: port) { $0.status == 200 } }
        for (index, port) in balancerPorts.enumerated() {
            let own = ["LB_LISTEN": "127.0.0.1:\(port)", "LB_ID": "balancer\(index + 1)", "PATH": "/usr/bin:/bin"]
            try start(
                ChildProcess.Command(
                    path: balancer, environment: environment.merging(own) { $1 }, output: lines))
        }
        for port in balancerPorts {
            try await answers("/lb/node-status", port: port) { reply in
                let shown = try JSONDecoder().decode(Shown.self, from: Data(reply.body)).nodes
                return shown.count == 3 && shown.allSatisfy { $0.status == "online" && $0.routable }
            }
        }
    }

    private struct Shown: Decodable {
        struct Node: Decodable {
            let status: String
            let routable: Bool
        }
        let nodes: [Node]
    }

    private var lines: ChildProcess.Output { .lines { [output] in output.append($0) } }

    private func start(_ command: ChildProcess.Command) throws {
        let process = try ChildProcess.start(command)
        processes.withLock { $0.append(process) }
    }

    private func answers(
        _ target: String, port: UInt16, _ isWanted: (HTTPReply) throws -> Bool
    ) async throws {
        try await eventually("\(target) on port \(port) answers as wanted", within: .seconds(60)) {
            do {
                return try isWanted(try await self.get(target, port: port))
            } catch is HTTPClientError {
                return false
            }
        }
    }

    func end() async {
        let processes = processes.withLock { $0 }
        for process in processes { process.send(.kill) }
        for process in processes { _ = await process.wait(atMost: .seconds(10)) }
        await database.close()
        await server.stop()
    }

    private func get(_ target: String, port: UInt16) async throws -> HTTPReply {
        try await onThread { try HTTPConnection(port: port).request("GET", target) }
    }

    func seen() async throws -> [Seen] {
        var all: [Seen] = []
        for port in nodePorts {
            all.append(try JSONDecoder().decode(Seen.self, from: Data(try await get("/seen", port: port).body)))
        }
        return all
    }

    /// Runs clients to their end while monitors move between the nodes.
    /// - Parameter ports: of the balancers that each client's connections go to in turn.
    func run(sessions: Int, through ports: [UInt16]) async throws -> Outcome {
        let printed = CollectedLines()
        let list = ports.map(String.init).joined(separator: ",")
        let clients = try ChildProcess.start(
            python.command("clients.py", "\(sessions)", list, output: .lines { printed.append($0) }))
        var turn = 0
        try await eventually("every client has ended", within: .seconds(180)) {
            if clients.exit != nil, printed.text.contains("\"seconds\"") { return true }
            turn += 1
            // Uneven on purpose, and another node's turn each time: the least loaded one changes every moment.
            try await self.database.execute(
                "UPDATE monitor SET node_id = CONCAT('node', 1 + MOD(id * id + ?, 3)) WHERE MOD(id, 7) <> MOD(?, 7)",
                [.int(Int64(turn)), .int(Int64(turn))])
            return false
        }
        let line = printed.text.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        return try JSONDecoder().decode(Outcome.self, from: Data(line.utf8))
    }

    private static func makeTables(on database: Connection, nodePorts: [UInt16]) async throws {
        try await KumaTables.all.create(on: database)
        try await database.execute("INSERT INTO `user` (username) VALUES ('admin')")
        for (index, port) in nodePorts.enumerated() {
            let id = Value.text("node\(index + 1)")
            try await database.execute(
                "INSERT INTO node (node_id, node_name, host) VALUES (?, ?, ?)", [id, id, .text("127.0.0.1:\(port)")])
        }
        for number in 0..<monitors {
            try await database.execute(
                "INSERT INTO monitor (name, node_id) VALUES ('m', ?)", [.text("node\(number % 3 + 1)")])
        }
    }
}

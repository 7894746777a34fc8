import ChildProcesses
import DemoCluster
import HTTPTestClient
import MariaDB
import PrivateMariaDB

/// Two database servers, the second a read-only copy of the first, and a cluster whose `DB_HOST` names both: nodes (real
/// Socket.IO servers, which need no database), an agent beside each, two balancers.
final class DatabasePair: Sendable {
    let primary: KumaDatabase
    let standby: PrivateMariaDB
    /// As agents and balancers see the standby.
    let onStandby: Connection
    let balancerPorts: [UInt16]
    private let nodes: [ChildProcess]
    private let agents: [AgentProcess]
    private let balancers: [BalancerProcess]

    static let monitors = 12

    private init(
        primary: KumaDatabase, standby: PrivateMariaDB, nodes: [ChildProcess], agents: [AgentProcess],
        balancers: [BalancerProcess], balancerPorts: [UInt16]
    ) {
        self.primary = primary
        self.standby = standby
        self.nodes = nodes
        self.agents = agents
        self.balancers = balancers
        self.balancerPorts = balancerPorts
        onStandby = Connection(standby.rootOptions(database: primary.access.name))
    }

    static func launch() async throws -> DatabasePair {
        let python = try await PythonPrograms.prepare()
        let first = try await PrivateMariaDB.start(settings(["--log-bin=binlog", "--server-id=1"]))
        let standby = try await PrivateMariaDB.start(settings(["--server-id=2", "--read-only"]))
        try await run(
            "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=\(first.port), MASTER_USER='root'; START SLAVE",
            on: standby)
        let ports = try ReservedPorts.take(5)
        let names = ["node1", "node2", "node3"]
        let kuma = try await KumaDatabase.make(on: first, nodes: Array(zip(names, ports)), monitors: monitors)
        var environment = kuma.access.environment
        environment["DB_HOST"] = "127.0.0.1:\(first.port),127.0.0.1:\(standby.port)"
        let (nodePorts, balancerPorts) = (ports[..<3], Array(ports[3...]))
        let pair = DatabasePair(
            primary: kuma, standby: standby,
            nodes: try zip(names, nodePorts).map {
                try ChildProcess.start(python.command("node.py", $0, "\($1)", output: .discard))
            },
            agents: try zip(names, nodePorts).map { try AgentProcess($0, on: environment, port: $1) },
            balancers: try balancerPorts.map {
                try BalancerProcess(kuma.access, at: .port($0), settings: ["DB_HOST": environment["DB_HOST"] ?? ""])
            },
            balancerPorts: balancerPorts)
        return pair
    }

    private static func settings(_ arguments: [String]) -> PrivateMariaDB.Settings {
        var settings = PrivateMariaDB.Settings()
        settings.extraArguments = arguments
        return settings
    }

    /// What an administrator, or a cluster manager, does when the primary is gone.
    func promote() async throws { try await DatabasePair.run("STOP SLAVE; SET GLOBAL read_only = 0", on: standby) }

    func kill(node number: Int) { nodes[number - 1].send(.kill) }

    func end() async {
        for agent in agents { await agent.kill() }
        for node in nodes { node.send(.kill) }
        for balancer in balancers { try? await balancer.stop() }
        await onStandby.close()
        await primary.sql.close()
        await primary.server.stop()
        await standby.stop()
    }

    /// Text that cannot be a constant: a port.
    private static func run(_ sql: String, on server: PrivateMariaDB) async throws {
        let printed = CollectedLines()
        let words = ["--no-defaults", "--socket=\(server.socketPath)", "--user=root", "--execute=\(sql)"]
        let process = try ChildProcess.start(
            ChildProcess.Command(
                path: "/usr/bin/mariadb", arguments: words, environment: ["PATH": "/usr/bin:/bin"],
                output: .lines { printed.append($0) }))
        let exit = await process.wait(atMost: .seconds(30))
        guard exit == .code(0) else { throw CommandFailed(words: words, exit: exit, output: printed.text) }
    }
}

import ClusterCore
import ClusterStore
import ControlPlane
import KumaTables
import Logging
import MariaDB
import PrivateMariaDB
import Synchronization

/// Balancers in real time on a real database: two control planes, an agent's reports for each node, and Kuma's tables.
/// Only the nodes themselves are scripted (`NodeFates`).
final class RealCluster: Sendable {
    let server: PrivateMariaDB
    let fates = NodeFates()
    /// Kuma's and people's own connection.
    let sql: Connection
    /// Reads what is to be seen, besides the balancers.
    let observer: MariaDBClusterStore
    let balancers: [ControlPlane]
    let stores: [MariaDBClusterStore]
    private let options: ConnectionOptions
    private let nodes: [NodeID]

    init(nodes names: [String], monitors: Int) async throws {
        server = try await PrivateMariaDB.start()
        let database = try await server.makeDatabase()
        var options = server.rootOptions(database: database)
        options.connectTimeout = .seconds(1)
        options.readTimeout = .seconds(2)
        self.options = options
        nodes = try names.map { try NodeID($0) }
        sql = Connection(options)
        try await KumaTables.all.create(on: sql)
        try await sql.execute("INSERT INTO `user` (username) VALUES ('admin')")
        let observer = MariaDBClusterStore(options, logger: Logger(label: "observer"))
        _ = try await AskedAgain.whenFree(within: .seconds(30)) { () async throws(StoreError) in
            try await observer.prepareSchema()
        }
        self.observer = observer
        for node in nodes {
            let (id, host) = (Value.text(node.text), Value.text("\(node):3001"))
            try await sql.execute("INSERT INTO node (node_id, node_name, host) VALUES (?, ?, ?)", [id, id, host])
            for _ in 0..<monitors {
                try await sql.execute("INSERT INTO monitor (name, node_id) VALUES ('m', ?)", [id])
            }
        }
        stores = (0..<2).map { _ in MariaDBClusterStore(options, logger: RealCluster.quiet) }
        balancers = stores.enumerated().map { [fates] index, store in
            ControlPlane(
                configuration: RealCluster.configuration, store: store, probe: fates,
                publisher: RoutingTablePublisher(),
                identity: BalancerPresence(id: BalancerID(text: "lb\(index)"), address: "127.0.0.1:1", version: "test"),
                logger: RealCluster.quiet,
                lookup: { host, answer in
                    answer(.found([.ipv4(octets: VirtualCluster.address(of: host), port: 0)]))
                })
        }
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The numbers that balancers run with, shortened: what is waited for here is order, not length.
    private static var configuration: ControlPlaneConfiguration {
        var configuration = ControlPlaneConfiguration()
        configuration.pacing = .none
        configuration.pollInterval = .milliseconds(200)
        configuration.suspectPollInterval = .milliseconds(100)
        configuration.longestBackoff = .milliseconds(500)
        configuration.tick = .milliseconds(20)
        configuration.leaseTTL = .seconds(3)
        configuration.leaseRenewal = .seconds(1)
        configuration.silence.reportTTL = .seconds(3)
        configuration.silence.massWait = .seconds(2)
        configuration.flaps.hold = .seconds(2)
        configuration.judge.steadyInterval = .milliseconds(200)
        configuration.judge.changingInterval = .milliseconds(100)
        return configuration
    }

    /// Runs balancers and agents for as long as `body` does, and stops the server.
    func run(_ body: () async throws -> Void) async throws {
        let planes = balancers.map { plane in Task { try await plane.run() } }
        let agents = nodes.map { node in Task { await self.beat(node) } }
        do { try await body() } catch {
            await stop(planes, agents)
            throw error
        }
        await stop(planes, agents)
    }

    private func stop(_ planes: [Task<Void, any Error>], _ agents: [Task<Void, Never>]) async {
        for plane in planes { plane.cancel() }
        for agent in agents { agent.cancel() }
        for plane in planes { _ = await plane.result }
        for agent in agents { await agent.value }
        await server.stop()
    }

    /// An agent: it lives on when its node dies, and goes on when the database does not answer.
    private func beat(_ node: NodeID) async {
        let store = MariaDBClusterStore(options, logger: RealCluster.quiet)
        var judge = HealthJudge(startingAs: .online)
        while !Task.isCancelled {
            let isDead = fates.isDead(node.text)
            _ = judge.record(isDead ? .unhealthy : .healthy)
            let report = AgentReport(
                node: node, name: node.text, host: "\(node):3001", isPrimary: false,
                instance: AgentInstance(text: node.text), version: "test", status: judge.status,
                health: isDead ? .unhealthy : .healthy, detail: isDead ? "connection refused" : "200",
                okStreak: judge.okStreak, failStreak: judge.failStreak, probeTime: .milliseconds(2),
                interval: .seconds(2))
            _ = try? await store.report(report)
            // Pace: an agent's beats, ten times as fast as in service.
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    // MARK: What is to be seen

    /// The balancers that believe that they lead.
    func leaders() -> [Int] { balancers.indices.filter { balancers[$0].snapshot.leadership.isSelf } }

    /// Who runs each monitor, by monitor id.
    func runners() async throws -> [Int64: String] {
        try await observer.assignments().reduce(into: [:]) { $0[$1.id.number] = $1.effective?.text ?? "NA" }
    }

    /// Every journal entry: monitor, receiver and how it was closed.
    func journal() async throws -> [JournalLine] {
        let rows = try await sql.query("SELECT monitor_id, to_node, closed_as FROM cluster_move ORDER BY id")
        let (monitor, to, outcome) = (
            try rows.column("monitor_id"), try rows.column("to_node"), try rows.column("closed_as")
        )
        return try rows.map {
            JournalLine(monitor: try $0.int(monitor), to: try $0.text(to), closedAs: try $0.optionalText(outcome))
        }
    }
}

struct JournalLine: Equatable {
    let monitor: Int64
    let to: String
    let closedAs: String?
}

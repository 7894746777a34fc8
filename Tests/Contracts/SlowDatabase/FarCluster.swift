import AgentCore
import ClusterCore
import ClusterStore
import ControlPlane
import DelayingProxy
import KumaTables
import Logging
import MariaDB
import PrivateMariaDB
import ServiceLifecycle
import Synchronization

/// Agents and a balancer as they run in service, with a slow network between each of them and a real database. Only the
/// Kumas are scripted, and at hand.
final class FarCluster: Sendable {
    let kumas = ScriptedKumas()
    let proxy: DelayingProxy
    let balancer: ControlPlane
    /// Beside the slow network.
    let observer: MariaDBClusterStore
    private let nodes: [NodeID]
    private let far: ConnectionOptions

    /// - Parameter reportTTL: shorter than in service, a test need not wait so long for the balancer's first TTL.
    init(nodes names: [String], monitors: Int, reportTTL: Duration) async throws {
        let server = try await PrivateMariaDB.shared()
        let options = server.rootOptions(database: try await server.makeDatabase())
        proxy = try DelayingProxy(to: server.port)
        var far = options
        far.endpoint = .hosts([Host("127.0.0.1", port: proxy.port)])
        self.far = far
        nodes = try names.map { try NodeID($0) }
        let observer = MariaDBClusterStore(options, logger: FarCluster.quiet)
        try await FarCluster.makeTables(options, nodes: nodes, monitors: monitors)
        _ = try await AskedAgain.whenFree(within: .seconds(30)) { () async throws(StoreError) in
            try await observer.prepareSchema()
        }
        self.observer = observer
        var configuration = ControlPlaneConfiguration()
        configuration.silence.reportTTL = reportTTL
        // Measured is the database's distance, not how long moves are kept back when Kuma's own reading is about to come.
        configuration.pacing = .none
        balancer = ControlPlane(
            configuration: configuration,
            store: MariaDBClusterStore(far, logger: FarCluster.quiet), probe: kumas,
            publisher: RoutingTablePublisher(),
            identity: BalancerPresence(id: BalancerID(text: "lb"), address: "127.0.0.1:1", version: "test"),
            logger: FarCluster.quiet,
            lookup: { _, answer in answer(.found([.ipv4(octets: 0x7F00_0001, port: 0)])) })
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func makeTables(_ options: ConnectionOptions, nodes: [NodeID], monitors: Int) async throws {
        let sql = Connection(options)
        try await KumaTables.all.create(on: sql)
        try await sql.execute("INSERT INTO `user` (username) VALUES ('admin')")
        for node in nodes {
            try await sql.execute(
                "INSERT INTO monitor (name, node_id) SELECT 'm', ? FROM seq_1_to_1000 WHERE seq <= ?",
                [.text(node.text), .int(monitors)])
        }
        await sql.close()
    }

    /// Runs the balancer and the agents for as long as `body` does.
    func run(_ body: () async throws -> Void) async throws {
        var services: [Task<Void, any Error>] = [Task { try await self.balancer.run() }]
        for node in nodes {
            let agent = agent(node)
            services.append(Task { try await agent.run() })
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        proxy.setRoundTrip(.zero)
        for service in services { service.cancel() }
        for service in services { _ = await service.result }
        try result.get()
    }

    private func agent(_ node: NodeID) -> AgentService {
        let address = NodeAddress(host: node.text, port: 3001)
        let configuration = AgentConfiguration(
            node: node, name: node.text, host: "\(node):3001", isPrimary: false,
            instance: AgentInstance(text: node.text), version: "test", address: address)
        return AgentService(
            configuration: configuration, store: MariaDBClusterStore(far, logger: FarCluster.quiet), probe: kumas,
            tether: kumas, reconcileTrigger: kumas, wallTime: { .seconds(30) }, logger: FarCluster.quiet)
    }

    /// Active monitors by who runs them.
    func runners() async throws -> [String: Int] {
        try await observer.assignments().reduce(into: [:]) { $0[$1.effective?.text ?? "NA", default: 0] += 1 }
    }
}

/// Kumas that answer until they are killed, and never again.
final class ScriptedKumas: NodeProbe, NodeTether, ReconcileTrigger {
    private let dead = Mutex<Set<String>>([])

    func kill(_ host: String) { _ = dead.withLock { $0.insert(host) } }
    private func isDead(_ address: NodeAddress) -> Bool { dead.withLock { $0.contains(address.host) } }

    func probe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult {
        isDead(address)
            ? ProbeResult(finding: .unhealthy, detail: "connection refused", duration: .milliseconds(1))
            : ProbeResult(finding: .healthy, detail: "200 in 2 ms", duration: .milliseconds(2))
    }

    func hold(_ address: NodeAddress) async -> TetherEnd {
        if isDead(address) { return .notConnected }
        while !isDead(address) {
            // Pace: a look at whether the process is still there.
            do { try await Task.sleep(for: .milliseconds(10)) } catch { return .cancelled }
        }
        return .closed
    }

    func reconcile(_ address: NodeAddress, timeout: Duration) async -> ReconcileOutcome { .done }
}

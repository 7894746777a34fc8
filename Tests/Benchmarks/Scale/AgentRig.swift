import AgentCore
import ClusterCore
import ClusterStore
import Logging
import MariaDB
import Secrets

/// A thousand real agents (`AgentService`, each with a database connection of its own) beside nodes that do not exist.
final class AgentRig: Sendable {
    private let nodes: [(id: NodeID, address: NodeAddress)]
    private let options: ConnectionOptions
    private let healthPort: Int
    private let fates = NodeFates()
    private let watch: MoveWatch
    private static let quiet = Logger(label: "scale") { _ in SwiftLogNoOpLogHandler() }

    init(nodes count: Int, databasePort: UInt16, healthPort: Int, password: Secret) async throws {
        nodes = try (1...count).map { number in
            (try NodeID("node\(number)"), AgentRig.address(ofNode: number, port: UInt16(healthPort)))
        }
        self.healthPort = healthPort
        var options = ConnectionOptions(
            hosts: [Host("127.0.0.1", port: databasePort)], user: "kuma", password: password, database: "kuma")
        // As the agent's own defaults are.
        options.connectTimeout = .seconds(5)
        watch = MoveWatch(Connection(options, logger: AgentRig.quiet))
        options.overloadPause = ConnectionLimits.fleetPause
        self.options = options
    }

    /// As `Tests/Benchmarks/harness/population.py` writes it into the rows.
    private static func address(ofNode number: Int, port: UInt16) -> NodeAddress {
        NodeAddress(host: "127.20.\(number / 250).\(number % 250 + 1)", port: port)
    }

    /// Returns when every agent has reported.
    func start() async throws {
        try await HealthServer.start(port: healthPort, fates: fates)
        for node in nodes {
            var configuration = AgentConfiguration(
                node: node.id, name: node.id.text, host: node.address.description, isPrimary: false,
                instance: .random(), version: "scale", address: node.address)
            configuration.detachLimit = .zero
            let agent = AgentService(
                configuration: configuration, store: MariaDBClusterStore(options, logger: AgentRig.quiet), probe: fates,
                tether: fates, reconcileTrigger: ObedientNode(), wallTime: { .seconds(30) }, logger: AgentRig.quiet)
            Task { try await agent.run() }
            // Pace: they do not start together in service either, and each first looks through the schema.
            try await Task.sleep(for: .milliseconds(15))
        }
        try await watch.untilReported(nodes.count)
    }

    /// - Returns: what became of the node's monitors, as JSON.
    func kill(_ node: NodeID) async throws -> String {
        guard let victim = nodes.first(where: { $0.id == node }) else { return "{}" }
        return try await watch.follow(node) { self.fates.kill(victim.address) }
    }

    func revive(_ node: NodeID) {
        if let victim = nodes.first(where: { $0.id == node }) { fates.revive(victim.address) }
    }
}

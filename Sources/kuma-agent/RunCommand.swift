import AgentCore
import AgentMetrics
import AgentSettings
import ArgumentParser
import ClusterCore
import FoundationEssentials
import KumaClient
import Logging
import MariaDB
import ServiceLifecycle
import ServiceRuntime
import Settings

/// `kuma-agent run`, also what happens without a subcommand.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Probe and report until stopped (the default).")

    @OptionGroup var arguments: SettingArguments

    @Flag(help: "End with exit code 3 when another live agent reports for the same node.")
    var strict = false

    func run() async throws {
        let settings = try arguments.load(adding: strict ? ["--agent-strict=true"] : [])
        settings.log.bootstrap()
        let logger = Logger(label: "kuma-agent")
        let client = KumaHTTPClient()
        let store = settings.makeStore()
        let kuma = settings.apiKey.map { HTTPReconcileTrigger(client: client, apiKey: $0) }
        let agent = AgentService(
            configuration: settings.agentConfiguration, store: store,
            probe: HTTPNodeProbe(client: client, path: settings.health.path), tether: TCPNodeTether(client: client),
            reconcileTrigger: kuma, editing: kuma.map { EditFollowing(store: store, refresher: $0) },
            wallTime: WallClock.sinceEpoch, logger: logger)
        let health = settings.health(of: agent)
        var services: [any Service] = [agent, StartupPages()]
        if let address = settings.metricsListen {
            services.append(
                AgentMetricsListener(
                    host: address.ip.text, port: address.port, group: client.group, logger: Logger(label: "metrics"),
                    facts: { agent.facts }, stuckLoops: { health.stuck.names }))
        }
        // Above the 4 s that the farewell may take, below the 8 s of a container's stop.
        services.append(ShutdownLimit(.seconds(6), of: "the database, or a reader of metrics,", logger: logger))
        let service = ServiceRun(
            services, health: health, environment: ProcessInfo.processInfo.environment, logger: logger)
        do {
            try await service.run()
        } catch let conflict as AgentConflict {
            logger.critical("\(conflict)")
            await client.shutdown()
            throw AgentExit.conflict
        }
        await client.shutdown()
    }
}

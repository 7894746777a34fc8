import AgentSettings
import ArgumentParser
import ClusterCore
import KumaClient
import Settings

/// `kuma-agent probe`: the container health check.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Check the node once; exit code 0 when it is healthy or degraded, else 1.")

    @OptionGroup var arguments: SettingArguments

    func run() async throws {
        let settings = try arguments.load()
        let client = KumaHTTPClient()
        let result = await HTTPNodeProbe(client: client, path: settings.health.path)
            .probe(settings.health.address, timeout: settings.probeTimeout)
        await client.shutdown()
        print("\(settings.node) \(result.finding): \(result.detail)")
        switch result.finding {
        case .healthy, .degraded: return
        case .unhealthy: throw AgentExit.failure
        }
    }
}

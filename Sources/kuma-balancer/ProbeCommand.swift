import ArgumentParser
import BalancerSettings
import ClusterCore
import KumaClient
import Settings

/// `kuma-balancer probe`: the container health check.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Ask the balancer on this machine whether it would serve a client; exit code 0 when it would, else 1."
    )

    @OptionGroup var arguments: SettingArguments

    func run() async throws {
        let settings = try arguments.load()
        let client = KumaHTTPClient()
        let result = await HTTPNodeProbe(client: client, path: "/lb/ready")
            .probe(settings.ownAddress, timeout: settings.checkTimeout)
        await client.shutdown()
        print("\(settings.ownAddress): \(result.detail)")
        switch result.finding {
        case .healthy: return
        case .degraded, .unhealthy: throw BalancerExit.failure
        }
    }
}

extension BalancerSettings {
    /// Where this machine reaches its balancer.
    fileprivate var ownAddress: NodeAddress {
        guard let first = self.listen.first else { return NodeAddress(host: "127.0.0.1", port: 8084) }
        switch first.ip {
        case IPAddress(ipv4: 0): return NodeAddress(host: "127.0.0.1", port: first.port)
        case IPAddress(high: 0, low: 0): return NodeAddress(host: "::1", port: first.port)
        case let ip: return NodeAddress(host: ip.text, port: first.port)
        }
    }
}

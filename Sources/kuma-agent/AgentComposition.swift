import AgentCore
import AgentSettings
import ClusterCore
import ClusterStore
import KumaClient
import Logging
import MariaDB
import ServiceRuntime
import Settings

/// From settings to parts. `self.` stands before those that are found by their declarations.
extension AgentSettings {
    /// There may be a thousand like us.
    func makeStore() -> some AgentStore & MonitorContentStore {
        var options = database.options
        options.overloadPause = ConnectionLimits.fleetPause
        return MariaDBClusterStore(options, logger: Logger(label: "database"))
    }

    /// For systemd's watchdog: both loops end each turn under a deadline, whatever Kuma and the database do.
    func health(of agent: AgentService) -> ServiceHealth {
        ServiceHealth(
            signs: [
                VitalSign("probes", limit: self.probeTimeout + self.interval + .seconds(10)) {
                    agent.facts.ledger.endedProbes
                },
                VitalSign("beats", limit: database.longestSequence) { agent.facts.ledger.endedBeats },
            ],
            summary: { agent.facts.summary })
    }

    var agentConfiguration: AgentConfiguration {
        var configuration = AgentConfiguration(
            node: node, name: name, host: host, isPrimary: self.isPrimary, instance: .random(),
            version: ProductVersion.text, address: health.address)
        configuration.hostPrecedence = hostPrecedence
        configuration.probeTimeout = self.probeTimeout
        configuration.judge.steadyInterval = self.interval
        configuration.judge.changingInterval = min(self.interval / 4, configuration.judge.changingInterval)
        switch conflictPolicy {
        case .wait: configuration.conflictPolicy = .wait
        case .exit: configuration.conflictPolicy = .end
        }
        return configuration
    }
}

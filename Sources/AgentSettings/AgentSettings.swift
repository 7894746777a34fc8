package import ClusterCore
package import Settings

/// Everything kuma-agent is configured by, parsed once. What is not said here is read as it is declared:
/// `settings.interval` is the value of `Keys.interval`.
@dynamicMemberLookup
package struct AgentSettings: Sendable {
    private let values: SettingValues<Keys>
    /// Required: without it there are no settings.
    package let node: NodeID
    /// Kuma's display name.
    package let name: String
    /// `name:port`, as the `host` column holds it: where balancers reach the node.
    package let host: String
    /// Whether a person has set it.
    package let hostPrecedence: HostPrecedence
    package let database: DatabaseSettings
    /// Where the Kuma process beside this agent answers health checks.
    package let health: HealthEndpoint
    /// `AGENT_STRICT`.
    package let conflictPolicy: ConflictPolicy
    package let log: LogSettings
    /// As read, for `check-config`.
    package let resolved: [ResolvedSetting]

    /// What to do when another live agent reports for the same node.
    package enum ConflictPolicy: Sendable, Equatable {
        /// Log it once, report nothing, and wait for the other to go.
        case wait
        /// End with exit code 3.
        case exit
    }

    /// What flags, `--help`, the page and the env examples are made from. kuma-balancer knows it, too, so that both
    /// programs' settings may stand in one file.
    package static let catalogue = SettingCatalogue(of: Keys())

    /// - Parameter neighbours: catalogues whose keys may stand in the same environment file.
    /// - Throws: `ConfigurationError` with every problem, together.
    package init(from input: SettingInput, neighbours: [SettingCatalogue] = []) throws(ConfigurationError) {
        var reader = SettingsReader(input, catalogue: AgentSettings.catalogue, neighbours: neighbours)
        values = reader.read(Keys())
        database = DatabaseSettings(values.database, &reader)
        log = LogSettings(values.log)
        let port = UInt16(clamping: values.kumaPort)
        health = values.health ?? .local(port: port)
        conflictPolicy = values.strict ? .exit : .wait
        resolved = reader.resolved
        try reader.finish()
        // A missing node id is one of the problems that `finish` throws.
        guard let node = values.node else { throw ConfigurationError(problems: reader.problems) }
        self.node = node
        name = values.name ?? node.text
        hostPrecedence = values.host == nil ? .row : .agent
        // Known to parse.
        let address = values.host.flatMap { try? NodeAddress(parsing: $0, defaultPort: port) }
        host = (address ?? NodeAddress(host: HostName.own ?? node.text, port: port)).description
    }

    /// What was read, or the declaration's fallback.
    package subscript<Value>(dynamicMember key: KeyPath<Keys, Setting<Value>>) -> Value {
        values[dynamicMember: key]
    }
}

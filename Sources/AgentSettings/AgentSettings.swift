package import ClusterCore
package import Secrets
package import Settings

/// Everything kuma-agent is configured by, parsed once.
package struct AgentSettings: Sendable {
    package let node: NodeID
    /// Kuma's display name.
    package let name: String
    /// `name:port`, as the `host` column holds it: where balancers reach the node.
    package let host: String
    /// Whether a person has set it.
    package let hostPrecedence: HostPrecedence
    package let isPrimary: Bool
    package let database: DatabaseSettings
    /// Where the Kuma process beside this agent answers health checks.
    package let health: HealthEndpoint
    package let interval: Duration
    package let probeTimeout: Duration
    /// Set: monitors that move here start within a second, not at Kuma's next minute.
    package let apiKey: Secret?
    package let conflictPolicy: ConflictPolicy
    /// Where `/metrics` and `/healthz` are served; nil: nowhere.
    package let metricsListen: ListenAddress?
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

    private static let node = Setting<NodeID?>(
        description: SettingDescription(
            key: "NODE_ID", aliases: ["UPTIME_KUMA_NODE_ID"], meaning: "Which node this agent speaks for.",
            expected: "1 to 50 of the characters A-Z a-z 0-9 . _ -", isRequired: true, example: "node1"),
        fallback: nil
    ) { text throws(SettingRefusal) in
        do throws(InvalidNodeID) { return try NodeID(text) } catch { throw SettingRefusal("not a node id") }
    }
    private static let name = Setting<String?>.optionalText(
        "NODE_NAME", aliases: ["UPTIME_KUMA_NODE_NAME"],
        meaning: "Display name for a node that Kuma has not registered yet; else the node id.", example: "Taipei 1")
    /// Kept as text: a missing port is Kuma's, which another setting names.
    private static let host = Setting<String?>(
        description: SettingDescription(
            key: "NODE_HOST", aliases: ["UPTIME_KUMA_NODE_HOST"],
            meaning:
                "Where balancers reach the node; replaces what its row says. Else the row's, or this machine's host name with Kuma's port.",
            expected: "`name:port` or `name`", example: "uptime-kuma-node1:3001"),
        fallback: nil
    ) { text throws(SettingRefusal) in
        do throws(InvalidNodeAddress) {
            _ = try NodeAddress(parsing: text)
            return text
        } catch {
            throw SettingRefusal("not an address")
        }
    }
    private static let isPrimary = Setting<Bool>.toggle(
        "NODE_PRIMARY", aliases: ["UPTIME_KUMA_PRIMARY"],
        meaning: "Whether first-time set-up belongs to this node.", fallback: false)
    private static let kumaPort = Setting<Int>.integer(
        "UPTIME_KUMA_PORT", meaning: "Port of the Kuma process beside this agent.", in: 1...65535, fallback: 3001)
    private static let health = Setting<HealthEndpoint?>(
        description: SettingDescription(
            key: "AGENT_HEALTH_URL",
            meaning: "Health address of the Kuma beside this agent; else its port on this machine.",
            expected: "an http URL", defaultText: "http://127.0.0.1:3001/api/v1/health",
            example: "http://10.0.0.5:3001/api/v1/health"),
        fallback: nil
    ) { text throws(SettingRefusal) in try HealthEndpoint(parsing: text) }
    private static let interval = Setting<Duration>.span(
        "AGENT_INTERVAL", meaning: "Between two beats; two a second or more while the node's health is changing.",
        unit: .seconds, in: .milliseconds(200)...(.seconds(5)), fallback: .seconds(2))
    private static let probeTimeout = Setting<Duration>.span(
        "HEALTH_CHECK_TIMEOUT", meaning: "How long one health check may take.", unit: .milliseconds,
        in: .milliseconds(100)...(.seconds(30)), fallback: .seconds(5))
    private static let apiKey = Setting<Secret?>.secret(
        "KUMA_API_KEY",
        meaning:
            """
            Lets the agent make Kuma re-read its monitors at once when one moved here, and take up edits made on other nodes; \
            else the first waits for the minute, the second for a restart.
            """,
        expected: AuthorizationText.expected
    ) { text throws(SettingRefusal) in try AuthorizationText.check(text) }
    private static let strict = Setting<Bool>.toggle(
        "AGENT_STRICT",
        meaning: "End with exit code 3 when another live agent reports for the same node, rather than wait.",
        fallback: false)
    private static let metricsListen = Setting.address(
        "AGENT_METRICS_LISTEN", meaning: "Where `/metrics` and `/healthz` are served; not set: nowhere.",
        example: "9184")
    private static let log = LogSettings.Keys(prefix: "AGENT")

    package static let catalogue = SettingCatalogue(
        [node.description, name.description, host.description, isPrimary.description]
            + DatabaseSettings.descriptions
            + [
                kumaPort.description, health.description, interval.description, probeTimeout.description,
                apiKey.description, strict.description, metricsListen.description,
            ] + log.descriptions)

    /// - Parameter neighbours: catalogues whose keys may stand in the same environment file.
    /// - Throws: `ConfigurationError` with every problem, together.
    package init(from input: SettingInput, neighbours: [SettingCatalogue] = []) throws(ConfigurationError) {
        var reader = SettingsReader(input, catalogue: AgentSettings.catalogue, neighbours: neighbours)
        let node = reader.read(AgentSettings.node)
        let name = reader.read(AgentSettings.name)
        let host = reader.read(AgentSettings.host)
        isPrimary = reader.read(AgentSettings.isPrimary)
        database = DatabaseSettings(reading: &reader)
        let port = UInt16(clamping: reader.read(AgentSettings.kumaPort))
        health = reader.read(AgentSettings.health) ?? .local(port: port)
        interval = reader.read(AgentSettings.interval)
        probeTimeout = reader.read(AgentSettings.probeTimeout)
        apiKey = reader.read(AgentSettings.apiKey)
        conflictPolicy = reader.read(AgentSettings.strict) ? .exit : .wait
        metricsListen = reader.read(AgentSettings.metricsListen)
        log = LogSettings(reading: &reader, keys: AgentSettings.log)
        resolved = reader.resolved
        try reader.finish()
        // A missing node id is one of the problems that `finish` throws.
        guard let node else { throw ConfigurationError(problems: reader.problems) }
        self.node = node
        self.name = name ?? node.text
        hostPrecedence = host == nil ? .row : .agent
        // Known to parse.
        let address = host.flatMap { try? NodeAddress(parsing: $0, defaultPort: port) }
        self.host = (address ?? NodeAddress(host: HostName.own ?? node.text, port: port)).description
    }
}

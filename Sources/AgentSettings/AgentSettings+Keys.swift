import ClusterCore
package import Secrets
package import Settings

extension AgentSettings {
    /// The settings of kuma-agent, each with its reason and range, in the order in which people read them.
    package struct Keys: SettingGroup {
        let node = Setting<NodeID?>.optional(
            "NODE_ID", "Which node this agent speaks for.", expected: "1 to 50 of the characters A-Z a-z 0-9 . _ -"
        ) { text throws(SettingRefusal) in
            do throws(InvalidNodeID) { return try NodeID(text) } catch { throw SettingRefusal("not a node id") }
        }.required().alsoNamed("UPTIME_KUMA_NODE_ID").example("node1")

        let name = Setting<String?>.optionalText(
            "NODE_NAME", "Display name for a node that Kuma has not registered yet; else the node id."
        ).alsoNamed("UPTIME_KUMA_NODE_NAME").example("Node 1").shown(in: .node, .offered)

        /// Kept as text: a missing port is Kuma's, which another setting names.
        let host = Setting<String?>.optional(
            "NODE_HOST",
            "Where balancers reach the node; replaces what its row says. "
                + "Else the row's, or this machine's host name with Kuma's port.",
            expected: "`name:port` or `name`"
        ) { text throws(SettingRefusal) in
            do throws(InvalidNodeAddress) { _ = try NodeAddress(parsing: text) } catch {
                throw SettingRefusal("not an address")
            }
            return text
        }.alsoNamed("UPTIME_KUMA_NODE_HOST").example("kuma1.example:3001").shown(in: .node, .offered)

        package let isPrimary = Setting<Bool>.toggle(
            "NODE_PRIMARY", "Whether first-time set-up belongs to this node.", fallback: false
        ).alsoNamed("UPTIME_KUMA_PRIMARY")

        let database = DatabaseSettings.Keys()

        let kumaPort = Setting<Int>.integer(
            "UPTIME_KUMA_PORT", "Port of the Kuma process beside this agent.", in: 1...65535, fallback: 3001
        ).shown(in: .node, .offered)

        let health = Setting<HealthEndpoint?>.optional(
            "AGENT_HEALTH_URL", "Health address of the Kuma beside this agent; else its port on this machine.",
            expected: "an http URL", defaultText: "http://127.0.0.1:3001/api/v1/health"
        ) { text throws(SettingRefusal) in
            try HealthEndpoint(parsing: text)
        }.example("http://10.0.0.5:3001/api/v1/health")

        /// Default: four of them make the default `REPORT_TTL` of 8 s.
        package let interval = Setting<Duration>.span(
            "AGENT_INTERVAL", "Between two beats; two a second or more while the node's health is changing.",
            unit: .seconds, in: .milliseconds(200)...(.seconds(5)), fallback: .seconds(2)
        ).shown(in: .service, .offered)

        package let probeTimeout = Setting<Duration>.healthCheckTimeout

        /// Set: monitors that move here start within a second, not at Kuma's next minute.
        package let apiKey = Setting<Secret?>.secret(
            "KUMA_API_KEY",
            "Lets the agent make Kuma re-read its monitors at once when one moved here, and take up edits made on "
                + "other nodes; else the first waits for the minute, the second for a restart.",
            expected: AuthorizationText.expected
        ) { text throws(SettingRefusal) in
            try AuthorizationText.check(text)
        }.shown(in: .service, .offered).shown(
            in: .compose, .set, as: "KUMA_API_KEY_FILE",
            note: "Write the key into secrets/kuma_api_key, and set this to /run/secrets/kuma_api_key.")

        let strict = Setting<Bool>.toggle(
            "AGENT_STRICT",
            "End with exit code 3 when another live agent reports for the same node, rather than wait.",
            fallback: false)

        package let metricsListen = Setting<ListenAddress?>.address(
            "AGENT_METRICS_LISTEN", "Where `/metrics` and `/healthz` are served; not set: nowhere."
        ).example("9184").shown(in: .service, .offered)

        let log = LogSettings.Keys(prefix: "AGENT")
    }
}

import ClusterCore
import Secrets
import Settings

extension BalancerSettings {
    /// The settings of kuma-balancer, each with its reason and range.
    enum Keys {
        static let listen = Setting<[ListenAddress]>.list(
            "LB_LISTEN", meaning: "Where clients connect.", expected: "`address:port`, comma-separated",
            fallback: Keys.defaultListen, defaultText: "0.0.0.0:8084", example: "0.0.0.0:8084,[::]:8084"
        ) { text throws(SettingRefusal) in try ListenAddress(parsing: text) }
        private static let defaultListen = (try? ListenAddress(parsing: "0.0.0.0:8084")).map { [$0] } ?? []
        static let adminListen = Setting.address(
            "LB_ADMIN_LISTEN",
            meaning: "Where `/lb/` is served, too, and nothing else, whatever clients keep the balancer busy with.",
            example: "8086")
        static let reactors = Setting<Int>.integer(
            "LB_REACTORS", meaning: "Reactor threads of the data plane; 0: one for each core.", in: 0...256,
            fallback: 0)
        static let monitorLimit = Setting<Int>.integer(
            "MONITOR_LIMIT_PER_NODE",
            meaning: "Monitors above which a node gets no new connections and no moved monitors.",
            in: 1...1_000_000, fallback: 1000)
        static let connectionWeight = Setting<Double>.decimal(
            "LB_CONNECTION_WEIGHT",
            meaning: "How many monitors one open connection weighs; 0 gives the plain least-monitors rule.",
            in: 0...1000, fallback: 1)
        static let slowStart = Setting<Duration>.span(
            "LB_SLOW_START", meaning: "Over how long a new or recovered node's share of new connections rises.",
            unit: .seconds, in: .zero...(.seconds(600)), fallback: .seconds(10))
        static let sessionAffinity = Setting<SessionAffinity>.choice(
            "LB_SESSION_AFFINITY",
            meaning:
                "New Socket.IO sessions go to the least loaded node (`sid`) or by the client's address (`address`: "
                + "for several balancers that one client's requests reach in turn).", fallback: .sid)
        static let connections = Setting<Int>.integer(
            "LB_MAX_CONNECTIONS", meaning: "Client connections at once; 0: what the descriptor limit allows.",
            in: 0...1_000_000, fallback: 0)
        static let clientConnections = Setting<Int>.integer(
            "LB_MAX_CONNECTIONS_PER_CLIENT",
            meaning: "Connections of one client address (IPv6: of one /64) at once; 0: no limit.", in: 0...1_000_000,
            fallback: 0)
        static let proxyProtocol = Setting<ProxyProtocolMode>.choice(
            "LB_PROXY_PROTOCOL",
            meaning: "Whether `LB_TRUSTED_PROXIES` may name their client in a PROXY protocol header (version 1 or 2).",
            fallback: .off)
        static let trustedProxies = ranges(
            "LB_TRUSTED_PROXIES", meaning: "Proxies whose `X-Forwarded-*` fields are kept and appended to.",
            defaultText: nil, fallback: [])
        static let tunnelIdle = Setting<Duration>.span(
            "LB_TUNNEL_IDLE", meaning: "How long a WebSocket may stay silent.", unit: .hours,
            in: .seconds(60)...(.seconds(7 * 86_400)), fallback: .seconds(86_400))
        static let checkInterval = Setting<Duration>.span(
            "HEALTH_CHECK_INTERVAL", meaning: "Between two health checks of a node by this balancer.", unit: .seconds,
            in: .milliseconds(200)...(.seconds(300)), fallback: .seconds(2))
        static let checkTimeout = Setting<Duration>.span(
            "HEALTH_CHECK_TIMEOUT", meaning: "How long one health check may take.", unit: .milliseconds,
            in: .milliseconds(100)...(.seconds(30)), fallback: .seconds(5))
        static let reportTTL = Setting<Duration>.span(
            "REPORT_TTL", meaning: "Silence of an agent after which the leader speaks for its node.", unit: .seconds,
            in: .seconds(2)...(.seconds(300)), fallback: .seconds(8))
        static let returnHold = Setting<Duration>.span(
            "RETURN_HOLD", meaning: "How long a node must be stable before its monitors return to it.", unit: .seconds,
            in: .zero...(.seconds(3600)), fallback: .seconds(30))
        static let plannedMoves = Setting<PlannedMoveTiming>.choice(
            "LB_PLANNED_MOVES",
            meaning:
                "When monitors move that somebody runs: just before Kuma's next full minute, so that none is left "
                + "unwatched (`paced`), or without waiting (`at-once`).", fallback: .paced)
        static let leaseTTL = Setting<Duration>.span(
            "LEASE_TTL", meaning: "How long a leader that fell silent stays leader.", unit: .seconds,
            in: .seconds(3)...(.seconds(120)), fallback: .seconds(10))
        static let stateFile = Setting<String?>.optionalText(
            "LB_STATE_FILE",
            meaning: "Keeps the last good routing table, so that a start without the database can serve.",
            expected: "a path", example: "/var/lib/kuma-balancer/table.json")
        static let adminToken = Setting<Secret?>.secret(
            "LB_ADMIN_TOKEN", meaning: "Bearer token that may change things through `/lb/`.",
            expected: "\(adminTokenCharacters) or more \(AuthorizationText.expected)"
        ) { text throws(SettingRefusal) in
            try AuthorizationText.check(text)
            guard text.utf8.count >= adminTokenCharacters else {
                throw SettingRefusal("is shorter than \(adminTokenCharacters) characters")
            }
        }
        /// Below, it can be guessed; `openssl rand -hex 24` makes one of 48.
        private static let adminTokenCharacters = 16
        static let adminAllow = ranges(
            "LB_ADMIN_ALLOW",
            meaning: "Clients that may change things through `/lb/` without the token; not set: nobody.",
            defaultText: nil, fallback: [])
        static let apiAllow = ranges(
            "LB_API_ALLOW", meaning: "Clients that may read `/lb/`; not set: everybody. Pin pages stay open.",
            defaultText: nil, fallback: [])
        static let identity = Setting<BalancerID?>(
            description: SettingDescription(
                key: "LB_ID",
                meaning: "Name of this balancer in the lease; else host name, process id and a random part.",
                expected: "1 to 100 of the characters A-Z a-z 0-9 . _ -", example: "balancer-1"),
            fallback: nil
        ) { text throws(SettingRefusal) in
            let isPlain = text.utf8.allSatisfy { NodeID.isValid(CollectionOfOne($0)) }
            guard isPlain, text.utf8.count <= 100 else { throw SettingRefusal("not a balancer id") }
            return BalancerID(text: text)
        }
        static let accessLog = Setting<AccessLogTarget>(
            description: SettingDescription(
                key: "LB_ACCESS_LOG",
                meaning: "Where a line for each request goes when it has ended; never with queries, cookies or tokens.",
                expected: "`off`, `stderr` or the absolute path of a file", defaultText: "off",
                example: "/var/log/kuma-balancer/access.log"),
            fallback: .off
        ) { text throws(SettingRefusal) in try AccessLogTarget(parsing: text) }
        static let log = LogSettings.Keys(prefix: "LB")

        private static func ranges(
            _ key: String, meaning: String, defaultText: String?, fallback: [AddressRange]
        ) -> Setting<[AddressRange]> {
            .list(
                key, meaning: meaning, expected: "addresses and CIDR blocks, comma-separated", fallback: fallback,
                defaultText: defaultText, example: "10.0.0.0/8,2001:db8::/32"
            ) { text throws(SettingRefusal) in
                do throws(InvalidAddressRange) {
                    return try AddressRange(parsing: text)
                } catch {
                    throw SettingRefusal("not a block of addresses")
                }
            }
        }
    }
}

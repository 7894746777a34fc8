package import ClusterCore
package import Secrets
package import Settings

extension BalancerSettings {
    /// The settings of kuma-balancer, each with its reason and range, in the order in which people read them.
    package struct Keys: SettingGroup {
        let database = DatabaseSettings.Keys()

        package let listen = Setting<[ListenAddress]>.list(
            "LB_LISTEN", "Where clients connect.", expected: "`address:port`, comma-separated",
            fallback: (try? ListenAddress(parsing: Keys.defaultListen)).map { [$0] } ?? [],
            defaultText: Keys.defaultListen
        ) { text throws(SettingRefusal) in
            try ListenAddress(parsing: text)
        }.advice("With kuma-balancer.socket, the socket unit says where; this comes on top.")
            .example("0.0.0.0:8084,[::]:8084").shown(in: .service, .offered)
        private static let defaultListen = "0.0.0.0:8084"

        package let adminListen = Setting<ListenAddress?>.address(
            "LB_ADMIN_LISTEN",
            "Where `/lb/` is served, too, and nothing else, whatever clients keep the balancer busy with."
        ).example("8086").shown(in: .service, .offered)

        /// 0 counts the cores that are online, a container's own limit left aside: there, say how many.
        package let reactorCount = Setting<Int>.integer(
            "LB_REACTORS", "Reactor threads of the data plane; 0: one for each core.", in: 0...256, fallback: 0)

        package let monitorLimit = Setting<Int>.integer(
            "MONITOR_LIMIT_PER_NODE", "Monitors above which a node gets no new connections and no moved monitors.",
            in: 1...1_000_000, fallback: 1000
        ).shown(in: .service, .set).shown(in: .compose, .set)

        package let connectionWeight = Setting<Double>.decimal(
            "LB_CONNECTION_WEIGHT",
            "How many monitors one open connection weighs; 0 gives the plain least-monitors rule.", in: 0...1000,
            fallback: 1)

        /// Zero: a new node takes its whole share at once.
        package let slowStart = Setting<Duration>.span(
            "LB_SLOW_START", "Over how long a new or recovered node's share of new connections rises.",
            unit: .seconds, in: .zero...(.seconds(600)), fallback: .seconds(10))

        package let sessionAffinity = Setting<SessionAffinity>.choice(
            "LB_SESSION_AFFINITY",
            "New Socket.IO sessions go to the least loaded node (`sid`) or by the client's address (`address`: "
                + "for several balancers that one client's requests reach in turn).", fallback: .sid
        ).advice("The same on all balancers.").example("address")
            .shown(in: .service, .offered).shown(in: .compose, .set)

        /// What the descriptor limit allows is `DataPlaneLimits.connections(forDescriptors:)`.
        package let connectionLimit = Setting<Int>.integer(
            "LB_MAX_CONNECTIONS", "Client connections at once; 0: what the descriptor limit allows.",
            in: 0...1_000_000, fallback: 0)

        package let clientConnectionLimit = Setting<Int>.integer(
            "LB_MAX_CONNECTIONS_PER_CLIENT",
            "Connections of one client address (IPv6: of one /64) at once; 0: no limit.", in: 0...1_000_000,
            fallback: 0
        ).example("200").shown(in: .service, .offered)

        package let proxyProtocol = Setting<ProxyProtocolMode>.choice(
            "LB_PROXY_PROTOCOL",
            "Whether `LB_TRUSTED_PROXIES` may name their client in a PROXY protocol header (version 1 or 2).",
            fallback: .off
        ).advice("HAProxy: `send-proxy-v2`; nginx stream: `proxy_protocol on`.").example("accept")
            .shown(in: .service, .offered)

        /// Empty: nobody is trusted.
        package let trustedProxies = Keys.ranges(
            "LB_TRUSTED_PROXIES", "Proxies whose `X-Forwarded-*` fields are kept and appended to."
        ).example("10.0.0.2").shown(in: .service, .offered).shown(in: .compose, .set)

        /// For peers that live: TCP keep-alive finds dead ones within two minutes, which is long before the default.
        package let tunnelIdleLimit = Setting<Duration>.span(
            "LB_TUNNEL_IDLE", "How long a WebSocket may stay silent.", unit: .hours,
            in: .seconds(60)...(.seconds(7 * 86_400)), fallback: .seconds(86_400))

        /// While a node's health is changing, a quarter of it or less.
        package let checkInterval = Setting<Duration>.span(
            "HEALTH_CHECK_INTERVAL", "Between two health checks of a node by this balancer.", unit: .seconds,
            in: .milliseconds(200)...(.seconds(300)), fallback: .seconds(2))

        package let checkTimeout = Setting<Duration>.healthCheckTimeout

        /// Default: four beats of an agent (Judging.md).
        package let reportTTL = Setting<Duration>.span(
            "REPORT_TTL", "Silence of an agent after which the leader speaks for its node.", unit: .seconds,
            in: .seconds(2)...(.seconds(300)), fallback: .seconds(8))

        /// Doubled by each outage after the first within ten minutes; by that to no more than ten minutes. Default: long enough
        /// that a restart loop of Kuma shows.
        package let returnHold = Setting<Duration>.span(
            "RETURN_HOLD", "How long a node must be stable before its monitors return to it.", unit: .seconds,
            in: .zero...(.seconds(3600)), fallback: .seconds(30))

        package let plannedMoves = Setting<PlannedMoveTiming>.choice(
            "LB_PLANNED_MOVES",
            "When monitors move that somebody runs: just before Kuma's next full minute, so that none is left "
                + "unwatched (`paced`), or without waiting (`at-once`).", fallback: .paced)

        /// Renewed every three tenths of it, so that there are three chances within one (Leading.md).
        package let leaseTTL = Setting<Duration>.span(
            "LEASE_TTL", "How long a leader that fell silent stays leader.", unit: .seconds,
            in: .seconds(3)...(.seconds(120)), fallback: .seconds(10))

        package let stateFile = Setting<String?>.optionalText(
            "LB_STATE_FILE", "Keeps the last good routing table, so that a start without the database can serve.",
            expected: "a path"
        ).example("/var/lib/kuma-balancer/table.json")

        package let adminToken = Setting<Secret?>.secret(
            "LB_ADMIN_TOKEN", "Bearer token that may change things through `/lb/`.",
            expected: "\(Keys.adminTokenCharacters) or more \(AuthorizationText.expected)"
        ) { text throws(SettingRefusal) in
            try AuthorizationText.check(text)
            guard text.utf8.count >= Keys.adminTokenCharacters else {
                throw SettingRefusal("is shorter than \(Keys.adminTokenCharacters) characters")
            }
        }.advice("`openssl rand -hex 24` makes one. Without it, and without `LB_ADMIN_ALLOW`, nobody may.")
            .shown(in: .service, .offered)
        /// Below, it can be guessed.
        private static let adminTokenCharacters = 16

        package let adminAllow = Keys.ranges(
            "LB_ADMIN_ALLOW", "Clients that may change things through `/lb/` without the token; not set: nobody."
        ).advice("Not loopback where a Kuma runs on this machine: its users make it send any request.")
            .example("10.0.0.7").shown(in: .service, .offered)

        /// Empty stands for everybody: a list that names nothing is refused.
        package let apiAllow = Keys.ranges(
            "LB_API_ALLOW", "Clients that may read `/lb/`; not set: everybody. Pin pages stay open."
        ).example("10.0.0.0/8,2001:db8::/32").shown(in: .service, .offered).shown(in: .compose, .set)

        package let identity = Setting<BalancerID?>.optional(
            "LB_ID", "Name of this balancer in the lease; else host name, process id and a random part.",
            expected: "1 to 100 of the characters A-Z a-z 0-9 . _ -"
        ) { text throws(SettingRefusal) in
            let isPlain = text.utf8.allSatisfy { NodeID.isValid(CollectionOfOne($0)) }
            guard isPlain, text.utf8.count <= 100 else { throw SettingRefusal("not a balancer id") }
            return BalancerID(text: text)
        }.example("balancer-1")

        package let accessLog = Setting<AccessLogTarget>(
            description: SettingDescription(
                key: "LB_ACCESS_LOG",
                meaning: "Where a line for each request goes when it has ended; never with queries, cookies or tokens.",
                expected: "`off`, `stderr` or the absolute path of a file", defaultText: "off"),
            fallback: .off
        ) { text throws(SettingRefusal) in
            try AccessLogTarget(parsing: text)
        }.example("/var/log/kuma-balancer/access.log").shown(in: .service, .offered)

        let log = LogSettings.Keys(prefix: "LB")

        private static func ranges(_ key: String, _ meaning: String) -> Setting<[AddressRange]> {
            .list(key, meaning, expected: "addresses and CIDR blocks, comma-separated", fallback: []) {
                text throws(SettingRefusal) in
                do throws(InvalidAddressRange) {
                    return try AddressRange(parsing: text)
                } catch {
                    throw SettingRefusal("not a block of addresses")
                }
            }
        }
    }
}

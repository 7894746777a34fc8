import ClusterCore
import ClusterStore
import ControlPlane
import Synchronization

/// All modules in one answer.
struct SystemStatus: WholeAnswer {
    struct FaultSummary: AnswerObject {
        let isRunning: Bool
        let silent: [NodeID]

        static let fields = AnswerFields<Self> {
            $0.field("running", \.isRunning, "Whether the tables are read.")
            $0.field("silent_nodes", \.silent, "Nodes whose agent does not report: the leader speaks for them.")
        }
    }

    let timestamp: Timestamp
    let cluster: ClusterCounts
    let capacity: Capacity
    let checks: CheckCounts
    let loadBalancer: Traffic
    let faults: FaultSummary
    let rebalancing: RebalanceSummary
    let leader: Leader
    let database: DatabaseStatus
    let version: String
    let uptimeSeconds: Int
    let pause: PauseAnswer
    let isStale: Bool

    static let meaning = "The cluster and this balancer."
    static let fields = AnswerFields<Self> {
        $0.field("timestamp", \.timestamp, "Unix seconds.")
        $0.field("cluster", \.cluster, "Nodes and monitors, counted.")
        $0.field("capacity", \.capacity, "Monitors against the limit, as /lb/capacity has it.")
        $0.field("health", \.checks, "Health checks by this balancer.")
        $0.field("load_balancer", \.loadBalancer, "What clients do here.")
        $0.field("fault_detection", \.faults, "In short; /lb/fault-detection-status has the rest.")
        $0.field("rebalancing", \.rebalancing, "In short; /lb/rebalancing-status has the rest.")
        $0.field("leader", \.leader, "As /lb/leader has it.")
        $0.field("database", \.database, "As this balancer sees it.")
        $0.field("version", \.version, "Of this balancer's program.")
        $0.field("uptime_seconds", \.uptimeSeconds, "Since this balancer started.")
        $0.field("automation", \.pause, "Whether a person stopped automatic moves.")
        $0.mark("stale", \.isStale, "What is answered is the last that this balancer read.")
    }

    static func answer(_ request: APIRequest, _ sources: AnswerSources) -> SystemStatus {
        let (snapshot, moment) = (sources.control.snapshot, Moment.now)
        return SystemStatus(
            timestamp: moment.timestamp, cluster: ClusterCounts(snapshot), capacity: Capacity(snapshot),
            checks: CheckCounts(snapshot.checks, at: moment), loadBalancer: Traffic(snapshot, sources),
            faults: FaultSummary(
                isRunning: !snapshot.isStale,
                silent: snapshot.nodes.filter { $0.speaker == .balancer }.map(\.record.id)),
            rebalancing: RebalanceSummary(snapshot.orders.job), leader: Leader(snapshot.leadership, at: moment),
            database: DatabaseStatus(snapshot.database, for: request, at: moment),
            version: sources.configuration.version,
            uptimeSeconds: sources.startedAt.duration(to: moment.instant).milliseconds / 1_000,
            pause: PauseAnswer(snapshot.orders.activePause), isStale: snapshot.isStale)
    }
}

struct ClusterCounts: AnswerObject {
    let nodes: Int
    let online: Int
    let recovering: Int
    let offline: Int
    let routable: Int
    let monitors: Int
    let isSetUp: Bool?

    init(_ snapshot: ControlPlaneSnapshot) {
        func count(_ status: NodeStatus) -> Int { snapshot.nodes.count { $0.record.status == status } }
        nodes = snapshot.nodes.count
        online = count(.online)
        recovering = count(.recovering)
        offline = count(.offline)
        routable = snapshot.nodes.count { $0.isRoutable }
        monitors = snapshot.nodes.reduce(0) { $0 + $1.monitorCount }
        isSetUp = snapshot.isSetUp
    }

    static let name: String? = "Cluster"
    static let fields = AnswerFields<Self> {
        $0.field("total_nodes", \.nodes, "Nodes that are registered.")
        $0.field("online_nodes", \.online, "Those that run their monitors.")
        $0.field("recovering_nodes", \.recovering, "Those that answer again, but not yet for long enough.")
        $0.field("offline_nodes", \.offline, "Those that are down.")
        $0.field("routable_nodes", \.routable, "Those that a client without a pin may be sent to.")
        $0.field("total_monitors", \.monitors, "Active monitors that nodes run.")
        $0.field("setup_complete", \.isSetUp, "Whether Kuma has a first user; null until it is known.")
    }
}

struct CheckCounts: AnswerObject {
    let checks: Int
    let last: TimeText?
    let successes: Int
    let failures: Int

    init(_ checks: CheckStatistics, at moment: Moment) {
        self.checks = checks.count
        last = checks.last.map { moment.time($0) }
        successes = checks.successes
        failures = checks.failures
    }

    static let fields = AnswerFields<Self> {
        $0.field("check_count", \.checks, "Health checks that this balancer made.")
        $0.field("last_check", \.last, "When the last one ended.")
        $0.field("success_count", \.successes, "Those that found a node healthy.")
        $0.field("fail_count", \.failures, "Those that did not.")
    }
}

/// What clients do at this balancer.
struct Traffic: AnswerObject {
    let connectionWeight: Double
    let generation: Int
    let isDraining: Bool
    let connections: Int
    let tunnels: Int
    let accepted: Int
    let requests: Int
    let retried: Int
    let failed: Int

    init(_ snapshot: ControlPlaneSnapshot, _ sources: AnswerSources) {
        func sum(_ count: (TrafficFacts) -> Int) -> Int { sources.traffic.reduce(0) { $0 + count($1) } }
        connectionWeight = sources.configuration.connectionWeight
        generation = Int(clamping: snapshot.tableGeneration)
        isDraining = sources.serving.isDraining
        connections = sum { $0.openConnections.load(ordering: .relaxed) }
        tunnels = sum { $0.openTunnels.load(ordering: .relaxed) }
        accepted = sum { $0.accepted.load(ordering: .relaxed) }
        requests = sum { $0.requests.load(ordering: .relaxed) }
        retried = sum { $0.retried.load(ordering: .relaxed) }
        failed = sum { $0.failed.load(ordering: .relaxed) }
    }

    static let fields = AnswerFields<Self> {
        $0.constant("algorithm", "least_monitors", "How a node is chosen.")
        $0.field("connection_weight", \.connectionWeight, "Monitors that an open connection counts as.")
        $0.field("table_generation", \.generation, "Of the routing table in use; grows with each change.")
        $0.field("draining", \.isDraining, "Whether this balancer takes no more connections.")
        $0.field("open_connections", \.connections, "Client connections now.")
        $0.field("open_tunnels", \.tunnels, "WebSocket tunnels now.")
        $0.field("accepted", \.accepted, "Client connections accepted.")
        $0.field("requests", \.requests, "Requests whose head was read.")
        $0.field("retried", \.retried, "Requests sent once more after a node failed.")
        $0.field("failed", \.failed, "Requests that no node took, or that a node did not answer properly.")
    }
}

/// Everybody sees what kind of failure it is, and which host is how, in our own words; a failure's text, which may name
/// users, is for administrators.
struct DatabaseStatus: AnswerObject {
    struct Skew: AnswerObject {
        let amount: SignedMilliseconds
        let seenAt: TimeText

        static let fields = AnswerFields<Self> {
            $0.field("ms", \.amount, "How far it jumped.")
            $0.field("seen_at", \.seenAt, "When that was seen.")
        }
    }

    struct UnfitHost: AnswerObject {
        let host: String
        let reason: String

        static let fields = AnswerFields<Self> {
            $0.field("host", \.host, "As the settings name it.")
            $0.field("reason", \.reason, "Why it is not used.")
        }
    }

    let isReachable: Bool
    let since: TimeText
    let lastRead: TimeText?
    let lastError: StoreError.Kind?
    let skew: Skew?
    let host: String?
    let unfit: [UnfitHost]
    let lastErrorText: String?

    init(_ database: DatabaseSnapshot, for request: APIRequest, at moment: Moment) {
        isReachable = database.isReachable
        since = moment.time(database.since)
        lastRead = database.lastRead.map { moment.time($0) }
        lastError = database.lastError?.kind
        skew = database.skew.map {
            Skew(amount: SignedMilliseconds(span: $0.amount), seenAt: moment.time($0.seenAt))
        }
        host = database.hosts?.current
        unfit = (database.hosts?.unfit ?? []).map { UnfitHost(host: $0.host, reason: $0.reason) }
        lastErrorText = database.lastError.flatMap { request.isAdministrator ? $0.description : nil }
    }

    static let fields = AnswerFields<Self> {
        $0.field("reachable", \.isReachable, "Whether it answered last.")
        $0.field("since", \.since, "Since when that is so.")
        $0.field("last_read", \.lastRead, "When the tables were last read.")
        $0.field("last_error", \.lastError, "What kind of failure the last attempt met; null when none.")
        $0.field("clock_skew", \.skew, "The last time that clocks of the database disagreed.")
        $0.field("host", \.host, "The host in use.")
        $0.field("unfit_hosts", \.unfit, "Hosts that are not used.")
        $0.sometimes("last_error_text", \.lastErrorText, "The database's own words; for administrators only.")
    }
}

extension StoreError.Kind: AnswerWord {}

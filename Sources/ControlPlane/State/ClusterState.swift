package import ClusterCore
package import ClusterStore

/// Everything the control plane holds of the cluster at one moment, as one immutable value: what the `/lb/` endpoints
/// show. Published whole after each step; a reader never mixes two moments.
package struct ClusterState: Sendable {
    /// By node id, ascending.
    package var nodes: [NodeView]
    /// Nil until the first successful poll (or the state file) has told.
    package var isSetUp: Bool?
    /// `MONITOR_LIMIT_PER_NODE`.
    package var monitorLimit: Int
    /// Active monitors with neither home nor assignment ("NA").
    package var unassignedCount: Int
    /// Active monitors whose effective node does not exist.
    package var orphanedCount: Int
    package var leadership: LeadershipView
    package var database: DatabaseView
    package var checks: CheckStatistics
    /// Of the latest published routing table.
    package var tableGeneration: UInt64
    /// When that was published; nil before the first.
    package var tableUpdatedAt: ContinuousClock.Instant?
    /// The pause and the job that the last poll found.
    package var orders = StandingOrders()
    /// The last jobs, newest first, as of the last change that a poll saw; the active one's progress is in `orders`.
    package var recentJobs: [RebalanceJob] = []
    package var history = RememberedHistory()
    package var scans = ScanStatistics()
    package var moves = MoveStatistics()
    package var thresholds = FaultThresholds()

    package init(
        nodes: [NodeView], isSetUp: Bool?, monitorLimit: Int, unassignedCount: Int, orphanedCount: Int,
        leadership: LeadershipView, database: DatabaseView, checks: CheckStatistics, tableGeneration: UInt64
    ) {
        self.nodes = nodes
        self.isSetUp = isSetUp
        self.monitorLimit = monitorLimit
        self.unassignedCount = unassignedCount
        self.orphanedCount = orphanedCount
        self.leadership = leadership
        self.database = database
        self.checks = checks
        self.tableGeneration = tableGeneration
    }
}

/// One node as the cluster sees it: its row, what this balancer's own probes say, and what it carries.
package struct NodeView: Sendable {
    /// Who keeps the row's status current.
    package enum Speaker: String, Sendable {
        /// Its own agent reported within `REPORT_TTL`.
        case agent
        /// It fell silent or its agent detached; the leader speaks for it.
        case balancer
    }

    package struct Probe: Sendable {
        package let status: NodeStatus
        package let last: ProbeResult
        package let okStreak: Int
        package let failStreak: Int

        package init(status: NodeStatus, last: ProbeResult, okStreak: Int, failStreak: Int) {
            self.status = status
            self.last = last
            self.okStreak = okStreak
            self.failStreak = failStreak
        }
    }

    package let record: NodeRecord
    package let speaker: Speaker
    /// This balancer's own view; nil before its first probe.
    package let probe: Probe?
    package let isEjected: Bool
    /// Where it stands for this balancer's data plane, an ejection included; `.impossible` before the table lists it.
    package let standing: NodeStanding
    /// The part of its share of new connections that it gets, 0 to 1: below 1 for `LB_SLOW_START` after it became routable.
    package let slowStartShare: Double
    package let openConnections: Int
    /// Active monitors it effectively runs, by the assignment map (not by its own report).
    package let monitorCount: Int
    /// Active monitors whose `node_id` is this node, wherever they run now.
    package let homeCount: Int
    /// Active monitors it runs that have another home.
    package let visitingCount: Int
    /// Times it went offline in the last 10 minutes.
    package let flaps: Int

    package init(
        record: NodeRecord, speaker: Speaker, probe: Probe?, isEjected: Bool, standing: NodeStanding,
        slowStartShare: Double = 1, openConnections: Int, monitorCount: Int, homeCount: Int, visitingCount: Int,
        flaps: Int
    ) {
        self.record = record
        self.speaker = speaker
        self.probe = probe
        self.isEjected = isEjected
        self.standing = standing
        self.slowStartShare = slowStartShare
        self.openConnections = openConnections
        self.monitorCount = monitorCount
        self.homeCount = homeCount
        self.visitingCount = visitingCount
        self.flaps = flaps
    }

    /// Whether a client without a pin may be sent there now.
    package var isRoutable: Bool { standing <= .full }

    /// The same where there is no better one: a draining node still serves when nobody else can.
    package var isLastResort: Bool { standing == .draining }
}

package struct LeadershipView: Sendable {
    /// Nil while nobody is known to lead.
    package var leader: BalancerID?
    package var epoch: Int64?
    /// Until the lease ends, as of the last answer.
    package var expiresIn: Duration?
    package var isSelf: Bool
    package var balancers: [BalancerRecord]

    package init(
        leader: BalancerID?, epoch: Int64?, expiresIn: Duration?, isSelf: Bool, balancers: [BalancerRecord]
    ) {
        self.leader = leader
        self.epoch = epoch
        self.expiresIn = expiresIn
        self.isSelf = isSelf
        self.balancers = balancers
    }

    /// The same some time later: nobody leads on a lease that ran out.
    func aged(by span: Duration) -> LeadershipView {
        guard let expiresIn else { return self }
        var view = self
        view.expiresIn = max(expiresIn - span, .zero)
        view.isSelf = isSelf && expiresIn > span
        return view
    }
}

package struct DatabaseView: Sendable {
    package var isReachable: Bool
    /// Since `isReachable` has been as it is.
    package var since: ContinuousClock.Instant
    /// Its text is for administrators: it may name users and hosts.
    package var lastError: StoreError?
    /// Since the state shown was read; nil when it never was.
    package var lastRead: ContinuousClock.Instant?
    /// The last time that clocks of the database were found to disagree.
    package var skew: ClockSkew?

    package init(
        isReachable: Bool, since: ContinuousClock.Instant, lastError: StoreError?, lastRead: ContinuousClock.Instant?
    ) {
        self.isReachable = isReachable
        self.since = since
        self.lastError = lastError
        self.lastRead = lastRead
    }
}

/// Two clocks of the database disagreed by more than `DatabaseClock.tolerance`: one was set, or two hosts differ.
package struct ClockSkew: Sendable, Equatable {
    /// Positive: the clock that was met later is ahead.
    package let amount: Duration
    package let seenAt: ContinuousClock.Instant

    package init(amount: Duration, seenAt: ContinuousClock.Instant) {
        self.amount = amount
        self.seenAt = seenAt
    }
}

/// This balancer's passes through the database.
package struct ScanStatistics: Sendable {
    /// Those that came to their end.
    package var count = 0
    /// When the last one ended.
    package var last: ContinuousClock.Instant?
    package var lastDuration: Duration?
    /// Those that an error of the database ended.
    package var failures = 0
    /// Polls of the tables, and what they took in all.
    package var polls = 0
    package var pollTime: Duration = .zero

    package init() {}

    mutating func polled(in span: Duration) {
        polls += 1
        pollTime += span
    }
}

/// Monitors that this balancer moved as the leader, since its start.
package struct MoveStatistics: Sendable, Equatable {
    package var moved: [MoveReason: Int] = [:]
    package var returned = 0

    package init() {}
}

/// When a node counts as lost and as found again.
package struct FaultThresholds: Sendable {
    package var judge = HealthJudge.Limits()
    package var silence = SilenceJudge.Limits()
    /// `RETURN_HOLD`.
    package var returnHold: Duration = FlapHistory.Limits().hold
    package var pollInterval: Duration = .seconds(1)

    package init() {}
}

/// Health checks made by this balancer.
package struct CheckStatistics: Sendable {
    package var count = 0
    package var successes = 0
    package var failures = 0
    /// When the last one ended.
    package var last: ContinuousClock.Instant?

    package init() {}
}

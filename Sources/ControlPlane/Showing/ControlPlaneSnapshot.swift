package import ClusterStore

/// Everything the control plane holds of the cluster at one moment, as one immutable value: what the `/lb/` endpoints
/// show. Published whole after each step; a reader never mixes two moments.
package struct ControlPlaneSnapshot: Sendable {
    /// By node id, ascending.
    package var nodes: [NodeSnapshot]
    /// Nil until the first successful poll (or the state file) has been read.
    package var isSetUp: Bool?
    /// `MONITOR_LIMIT_PER_NODE`.
    package var monitorLimit: Int
    /// Active monitors with neither home nor assignment ("NA").
    package var unassignedCount: Int
    /// Active monitors whose effective node does not exist.
    package var orphanedCount: Int
    package var leadership: LeadershipSnapshot
    package var database: DatabaseSnapshot
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
    package var passes = PassStatistics()
    package var moves = MoveStatistics()
    package var thresholds = FaultThresholds()

    package init(
        nodes: [NodeSnapshot], isSetUp: Bool?, monitorLimit: Int, unassignedCount: Int, orphanedCount: Int,
        leadership: LeadershipSnapshot, database: DatabaseSnapshot, checks: CheckStatistics, tableGeneration: UInt64
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

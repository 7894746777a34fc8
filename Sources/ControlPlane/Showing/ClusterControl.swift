package import ClusterCore
package import ClusterStore

/// What the control API may ask of the control plane: read the latest snapshot, and the few things it can set in motion.
package protocol ClusterControl: Sendable {
    /// The latest snapshot, whole; never waits.
    var snapshot: ControlPlaneSnapshot { get }
    /// The latest routing table; never waits.
    var routingTable: RoutingTable { get }
    /// Probes every node now and waits for all answers, each under the probe's own deadline.
    func probeAllNodes() async -> [NodeCheck]
    /// Recounts monitors from the `monitor` table and publishes a routing table with them.
    func updateLoads() async throws(StoreError) -> [MonitorRecount]
    /// The history, newest first.
    /// - Throws: `.unavailable` too while `ControlPlane.readers` others read history, journal or jobs.
    func events(_ query: EventQuery) async throws(StoreError) -> [RecordedEvent]
    /// The history as it goes on; nil when too many follow it already.
    func followEvents() -> EventFeed.Subscription?
    /// Those who follow it now.
    var followerCount: Int { get }
    /// The journal, newest first.
    /// - Throws: as `events`.
    func moves(_ query: MoveQuery) async throws(StoreError) -> [RecordedMove]

    /// What a rebalancing would do now. Works on every balancer; changes nothing.
    /// - Throws: `.unavailable` too before the tables were read in this run: a state file is nothing to plan by.
    func planRebalance(_ request: RebalanceRequest) async throws(StoreError) -> RebalanceOutline
    /// Plans, and hands the job to whoever leads.
    /// - Parameter by: who asks, for people.
    /// - Throws: as `planRebalance`.
    func requestRebalance(_ request: RebalanceRequest, by: String) async throws(StoreError) -> RebalanceAnswer
    /// Lets the active job end after its current batch; nil when none is active.
    func cancelRebalance() async throws(StoreError) -> RebalanceJob?
    /// The active job and the last ones, newest first.
    /// - Throws: as `events`.
    func rebalanceJobs() async throws(StoreError) -> [RebalanceJob]

    /// Writes a person's decision about a node, and records it; here as below, a history that cannot be written does not make
    /// it fail.
    /// - Returns: active monitors that now leave the node for it, none during a pause; nil when no such node is
    ///   registered.
    func setAdminState(_ state: AdminState, of node: NodeID, by: String) async throws(StoreError) -> Int?

    /// Stops automatic moves, and records it.
    func pause(_ order: PauseOrder) async throws(StoreError)
    /// Lets them go on, and records it. Returns false when there was no pause.
    func resume(by: String) async throws(StoreError) -> Bool
}

/// What somebody wants of the rebalancer.
package struct RebalanceRequest: Sendable, Equatable {
    package let kind: RebalanceKind
    /// The most moves; nil for as many as it takes.
    package let limit: Int?

    package init(_ kind: RebalanceKind, limit: Int? = nil) {
        self.kind = kind
        self.limit = limit
    }
}

/// A plan, as people see it.
package struct RebalanceOutline: Sendable, Equatable {
    /// Monitors that would get another home; no more than the request's limit.
    package let moves: Int
    /// The same, by where they leave and where they go.
    package let routes: [RebalancePlan.Route]
    /// Monitors that stay because a person assigned them.
    package let kept: Int

    package init(moves: Int, routes: [RebalancePlan.Route], kept: Int) {
        self.moves = moves
        self.routes = routes
        self.kept = kept
    }
}

/// What came of a request to rebalance.
package enum RebalanceAnswer: Sendable, Equatable {
    /// The job is written, and whoever leads finds it with the next poll; the outline is the plan that it was sized by.
    case started(RebalanceJob, RebalanceOutline)
    /// There is nothing to do.
    case balanced(RebalanceOutline)
    /// Another job is active.
    case busy
    /// Automatic moves are paused: nothing may move, whoever asks.
    case paused(Pause)
}

/// One node's answer to `probeAllNodes`.
package struct NodeCheck: Sendable, Equatable {
    package let node: NodeID
    /// Nil when the node has no address to probe.
    package let result: ProbeResult?

    package init(node: NodeID, result: ProbeResult?) {
        self.node = node
        self.result = result
    }
}

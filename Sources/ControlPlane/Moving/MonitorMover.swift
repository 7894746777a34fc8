import ClusterCore
import ClusterStore
import Logging

/// The leader's reconcile loop: monitors of lost nodes go to fit ones, and what was moved goes home. Each pass plans
/// from what was just read and writes bounded batches; interrupted anywhere, the next pass – here or on another
/// balancer – plans the rest.
actor MonitorMover {
    /// After so long the tables are read again before more is moved: a node may have died that was to be given some.
    /// Reading 100 000 monitors and their journal again costs as much as some thousand moves.
    static let longestPass: Duration = .seconds(3)

    let store: any ControlStore
    let clock: ControlClock
    let logger: Logger
    let policy: PlacementPolicy
    let judge: HealthJudge.Limits
    private(set) var flaps: FlapHistory
    private var stability = StabilityWatch()
    /// The journal's open entries; nil when they must be read again. Only a leader writes them, so they are read after
    /// an election and after own writes.
    var openMoves: [OpenMove]?
    /// Whether we have added entries since, which are not in `openMoves`.
    var hasUnreadMoves = false
    /// Done and not yet logged.
    var movedTally = MoveTally()
    var returnedTally = MoveTally()
    private var overloaded: Set<NodeID> = []
    private var stranded = 0

    init(
        store: any ControlStore, configuration: ControlPlaneConfiguration, clock: ControlClock, logger: Logger
    ) {
        self.store = store
        self.clock = clock
        self.logger = logger
        policy = PlacementPolicy(monitorLimit: configuration.monitorLimit)
        judge = configuration.judge
        flaps = FlapHistory(limits: configuration.flaps)
    }

    /// Watches the nodes; every balancer does, so that a new leader knows who flapped.
    func observe(_ nodes: [NodeRecord], now: ContinuousClock.Instant) {
        flaps.observe(nodes.map { ($0.id, $0.believedStatus(judge)) }, now: now)
        stability.observe(nodes.map { ($0, Ownership(of: $0, limits: judge)) }, now: now)
    }

    /// Somebody else may have written the journal.
    func forgetJournal() {
        openMoves = nil
        hasUnreadMoves = false
    }

    /// The nodes that have been fit for their whole hold.
    func stableNodes(_ nodes: [NodeRecord], now: ContinuousClock.Instant) -> Set<NodeReference> {
        let stable = nodes.filter { node in
            stability.isStable(node, for: flaps.hold(for: node.id, now: now), limits: judge, now: now)
        }
        return Set(stable.map { NodeReference($0.id) })
    }

    /// Plans where the monitors of lost nodes go, and says once when they have nowhere to go.
    /// - Parameters:
    ///   - uncertain: nodes that are not to be taken for lost yet.
    ///   - unjudged: nodes that are not to be taken for alive yet.
    func planFailover(
        _ snapshot: ClusterSnapshot, sparing uncertain: Set<NodeReference> = [], avoiding unjudged: UnjudgedNodes = .none
    ) -> FailoverPlan {
        var ownership = Ownership.map(of: snapshot.nodes, limits: judge)
        for node in uncertain where ownership[node] == .lost(.failover) { ownership[node] = .wavering }
        let plan = FailoverPlan(
            assignments: snapshot.assignments, census: snapshot.census, ownership: ownership, orphans: snapshot.orphans,
            unjudged: unjudged)
        // They may speak in a moment.
        guard unjudged.nodes.isEmpty else { return plan }
        if plan.stranded > 0, stranded == 0 {
            logger.error(
                "no node is online to take over; monitors keep their assignments until one is",
                metadata: ["monitors": "\(plan.stranded)"])
        }
        stranded = plan.stranded
        return plan
    }

    /// Writes one batch of a failover plan, in one transaction.
    /// - Returns: the new `assigned_node` of what moved.
    func failOver(_ batch: [PlannedMove], under lease: Lease) async throws(StoreError) -> [MonitorID: NodeReference?] {
        let known = openMoves
        forgetJournal()
        let moved = Set(try await store.move(batch, under: lease))
        // Whatever was open for these is closed, and what is open now has ids that we do not know yet.
        openMoves = known?.filter { !moved.contains($0.monitor) }
        hasUnreadMoves = known != nil
        var changes: [MonitorID: NodeReference?] = [:]
        for move in batch where moved.contains(move.monitor) {
            changes[move.monitor] = .some(NodeReference(move.to))
            movedTally.add(from: move.from, to: NodeReference(move.to))
        }
        return changes
    }

    /// Logs what was moved and returned since the last call, one line a node. The history has it already: the store writes
    /// it in the transaction that moves.
    func tellMoves() {
        for (_, line) in movedTally.lines(verb: "moved") {
            logger.notice("monitors moved away from a lost node", metadata: ["moves": "\(line)"])
        }
        for (_, line) in returnedTally.lines(verb: "returned") {
            logger.notice("monitors returned home", metadata: ["moves": "\(line)"])
        }
        movedTally = MoveTally()
        returnedTally = MoveTally()
    }

    /// One event when a node comes to run more than its limit.
    func noteOverload(_ census: AssignmentCensus, nodes: [NodeRecord]) -> [ClusterEvent] {
        var events: [ClusterEvent] = []
        var next: Set<NodeID> = []
        for node in nodes {
            let count = census[node.id].effective
            guard policy.isOver(count) else { continue }
            next.insert(node.id)
            guard !overloaded.contains(node.id) else { continue }
            logger.warning(
                "a node runs more monitors than MONITOR_LIMIT_PER_NODE; add a node or raise the limit",
                metadata: ["node": "\(node.id)", "monitors": "\(count)", "limit": "\(policy.monitorLimit)"])
            let detail = "\(node.id) runs \(count) monitors, above the limit of \(policy.monitorLimit)"
            events.append(ClusterEvent(.overCapacity, node: node.id, detail: detail))
        }
        overloaded = next
        return events
    }
}

import ClusterCore
import ClusterStore

/// The leader's reconcile work: monitors of lost nodes go to fit ones, and what was moved goes home. Each pass plans from
/// what was just read and writes bounded batches; interrupted anywhere, the next pass – here or on another balancer – plans
/// the rest.
struct MonitorMover: Sendable {
    /// After so long the tables are read again before more is moved: a node may have died that was to be given some.
    /// Reading 100 000 monitors and their journal again costs as much as some thousand moves.
    static let longestPass: Duration = .seconds(3)

    let policy: PlacementPolicy
    let judge: HealthJudge.Limits
    let readings: KumaReadings
    let pacing: PlannedMovePacer.Limits
    private(set) var flaps: FlapHistory
    private var stability = StabilityWatch()
    /// After an outage nodes report what they suffered from it.
    var rest: MoverRest
    /// Planned moves go when Kuma's own reading is about to come.
    var pacer: PlannedMovePacer
    var pace = BatchPace()
    /// The journal's open entries; nil when they must be read again. Only a leader writes them, so they are read after
    /// an election and after own writes.
    var openMoves: [OpenMove]?
    /// Whether we have added entries since, which are not in `openMoves`.
    var hasUnreadMoves = false
    /// Done and not yet logged.
    var movedTally = MoveTally()
    var returnedTally = MoveTally()
    var statistics = MoveStatistics()
    /// The period in which it was logged that urgent moves are kept back.
    var heldIn: Int?
    /// Whether this pass keeps urgent moves back.
    var isHolding = false
    private var overloaded: Set<NodeID> = []
    private var stranded = 0

    init(_ configuration: ControlPlaneConfiguration, now: ContinuousClock.Instant) {
        policy = PlacementPolicy(monitorLimit: configuration.monitorLimit)
        judge = configuration.judge
        readings = configuration.readings
        pacing = configuration.pacing
        flaps = FlapHistory(limits: configuration.flaps)
        rest = MoverRest(now: now)
        pacer = PlannedMovePacer(configuration.readings, limits: configuration.pacing)
    }

    /// Watches the nodes; every balancer does, so that a new leader knows who flapped.
    mutating func observe(_ nodes: [NodeRecord], now: ContinuousClock.Instant) {
        flaps.observe(nodes.map { ($0.id, $0.believedStatus(judge)) }, now: now)
        stability.observe(nodes.map { ($0, Ownership(of: $0, limits: judge)) }, now: now)
    }

    /// The nodes that have been fit for their whole hold.
    func stableNodes(_ nodes: [NodeRecord], now: ContinuousClock.Instant) -> Set<NodeReference> {
        let stable = nodes.filter { node in
            stability.isStable(node, for: flaps.hold(for: node.id, now: now), limits: judge, now: now)
        }
        return Set(stable.map { NodeReference($0.id) })
    }

    // MARK: The journal

    /// The journal's open entries, as they are; nil when they are to be read.
    var journal: [OpenMove]? { hasUnreadMoves ? nil : openMoves }

    mutating func read(_ journal: [OpenMove]) {
        openMoves = journal
        hasUnreadMoves = false
    }

    /// Somebody else may have written the journal.
    mutating func forgetJournal() {
        openMoves = nil
        hasUnreadMoves = false
    }

    // MARK: What is logged

    /// Logs what was moved and returned since the last call, one line a node. The history has it already: the store writes
    /// it in the transaction that moves.
    mutating func logMoves(_ effects: inout [PassEffect]) {
        for (_, line) in movedTally.lines(verb: "moved") {
            effects.log(.notice, "monitors moved away from a lost node", ["moves": line])
        }
        for (_, line) in returnedTally.lines(verb: "returned") {
            effects.log(.notice, "monitors returned home", ["moves": line])
        }
        movedTally = MoveTally()
        returnedTally = MoveTally()
    }

    /// Logs once when monitors have nowhere to go.
    mutating func noteStranded(_ plan: FailoverPlan, _ effects: inout [PassEffect]) {
        if plan.stranded > 0, stranded == 0 {
            effects.log(
                .error, "no node is online to take over; monitors keep their assignments until one is",
                ["monitors": "\(plan.stranded)"])
        }
        stranded = plan.stranded
    }

    /// One event when a node comes to run more than its limit.
    mutating func noteOverload(
        _ census: AssignmentCensus, nodes: [NodeRecord], _ effects: inout [PassEffect]
    ) -> [ClusterEvent] {
        var events: [ClusterEvent] = []
        var next: Set<NodeID> = []
        for node in nodes {
            let count = census[node.id].effective
            guard policy.isOver(count) else { continue }
            next.insert(node.id)
            guard !overloaded.contains(node.id) else { continue }
            effects.log(
                .warning, "a node runs more monitors than MONITOR_LIMIT_PER_NODE; add a node or raise the limit",
                ["node": "\(node.id)", "monitors": "\(count)", "limit": "\(policy.monitorLimit)"])
            let detail = "\(node.id) runs \(count) monitors, above the limit of \(policy.monitorLimit)"
            events.append(ClusterEvent(.overCapacity, node: node.id, detail: detail))
        }
        overloaded = next
        return events
    }
}

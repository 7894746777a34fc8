import ClusterCore
import ClusterStore

extension MonitorMover {
    /// A pass that took longer than this may not come round in time to write what was kept back.
    private static let longestHoldingPass: Duration = .seconds(1)

    /// What is not certain of the nodes when monitors are to leave or to come.
    struct Doubts: Sendable {
        /// Nodes that are not to be taken for lost yet.
        var uncertain: Set<NodeReference> = []
        /// Nodes that are not to be taken for alive yet.
        var unjudged = UnjudgedNodes.none
    }

    /// One pass's moves away from lost nodes and from those in maintenance.
    struct FailoverRound: Sendable {
        fileprivate let plan: FailoverPlan
        /// Of the plan, what is made at once.
        fileprivate let urgent: [PlannedMove]
        fileprivate var leavers: ArraySlice<PlannedMove>
        /// Its own time: however much goes home, what nobody runs is not kept waiting. Nil before the first batch: planning
        /// takes none of it.
        fileprivate var end: ContinuousClock.Instant?
        /// Whether no batch has waited for locked rows yet.
        fileprivate var wasFree = true
        /// The batch under way, and what was known of the journal before it.
        fileprivate var batch: [PlannedMove] = []
        fileprivate var known: [OpenMove]?
        /// The new `assigned_node` of what moved.
        fileprivate var changes: [MonitorID: NodeReference?] = [:]
    }

    /// Where the monitors of lost nodes go.
    func planFailover(_ snapshot: ClusterSnapshot, _ doubts: Doubts = Doubts()) -> FailoverPlan {
        var ownership = Ownership.map(of: snapshot.nodes, limits: judge)
        for node in doubts.uncertain where ownership[node] == .lost(.failover) { ownership[node] = .wavering }
        return FailoverPlan(
            assignments: snapshot.assignments, census: snapshot.census, ownership: ownership,
            orphans: snapshot.orphans, unjudged: doubts.unjudged)
    }

    /// What is too soon to judge, while nobody's silence means anything.
    /// - Parameter judgement: of everybody's silence.
    func doubts(
        about snapshot: ClusterSnapshot, _ judgement: SilenceJudge, now: ContinuousClock.Instant
    ) -> Doubts {
        Doubts(
            uncertain: uncertain(in: snapshot, silent: judgement.silent, now: now),
            // Nodes that may have died while nobody could report: their rows say what was true before.
            unjudged: UnjudgedNodes(
                Set(judgement.unjudged.map { NodeReference($0) }),
                // Two beats, as for an overdue report.
                lastResort: now < rest.since + judgement.limits.reportTTL / 2 ? .wait : .take))
    }

    /// Nodes that are lost by a judgement for which it is too soon: none that a person has put into maintenance, and none
    /// that its own agent has found offline since the rest began.
    private func uncertain(
        in snapshot: ClusterSnapshot, silent: Set<NodeID>, now: ContinuousClock.Instant
    ) -> Set<NodeReference> {
        guard !rest.isOver(now: now) else { return [] }
        var uncertain: Set<NodeReference> = []
        for node in snapshot.nodes(asOf: now) where node.adminState.effects.monitors != .leave {
            let hasSpoken = OwnWord.isOffline(node, judgedSince: rest.since, now: now, limits: judge)
            if !hasSpoken || silent.contains(node.id) { uncertain.insert(NodeReference(node.id)) }
        }
        return uncertain
    }

    /// Plans the moves of one pass.
    /// - Parameter lastPass: how long the last one took; nil before the first.
    mutating func beginFailover(
        _ snapshot: ClusterSnapshot, _ doubts: Doubts, lastPass: Duration?, at moment: PassMoment,
        _ effects: inout [PassEffect]
    ) -> FailoverRound {
        let plan = planFailover(snapshot, doubts)
        // They may speak in a moment.
        if doubts.unjudged.nodes.isEmpty { noteStranded(plan, &effects) }
        expect(plan.moves, at: moment.wallTime)
        let urgent = urgentMoves(of: plan, in: snapshot, lastPass: lastPass, at: moment.wallTime, &effects)
        // They were placed beside the urgent ones, and would load the receivers unevenly without them.
        let planned = urgent.count == plan.moves.count ? plan.planned : []
        let paced = pacer.admit(planned, by: .strict, at: moment.wallTime) { move in
            PlannedMovePacer.Leg(from: move.from, to: NodeReference(move.to))
        }
        return FailoverRound(plan: plan, urgent: urgent, leavers: (urgent + paced)[...])
    }

    func hasMore(_ round: inout FailoverRound, now: ContinuousClock.Instant) -> Bool {
        let end = round.end ?? now + MonitorMover.longestPass
        round.end = end
        return now < end && !round.leavers.isEmpty
    }

    /// One batch, to be written in one transaction.
    mutating func next(_ round: inout FailoverRound) -> [PlannedMove] {
        round.batch = pace.take(from: &round.leavers) ?? []
        round.known = openMoves
        forgetJournal()
        return round.batch
    }

    /// - Parameter moved: of the batch; the others were not where the plan saw them.
    mutating func moved(_ moved: [MonitorID], _ round: inout FailoverRound, took: Duration) {
        pace.note(round.batch.count, took: took)
        let moved = Set(moved)
        // Whatever was open for these is closed, and what is open now has ids that we do not know yet.
        openMoves = round.known?.filter { !moved.contains($0.monitor) }
        hasUnreadMoves = round.known != nil
        for move in round.batch where moved.contains(move.monitor) {
            round.changes[move.monitor] = .some(NodeReference(move.to))
            movedTally.add(from: move.from, to: NodeReference(move.to))
            statistics.moved[move.reason, default: 0] += 1
        }
        round.batch = []
    }

    /// Somebody keeps rows of the batch locked. The wait took the time of those behind it.
    mutating func batchIsLocked(_ round: inout FailoverRound, now: ContinuousClock.Instant) {
        if round.wasFree { round.end = now + MonitorMover.longestPass }
        round.wasFree = false
    }

    /// Counts what was written and what is still to be.
    /// - Returns: the new `assigned_node` of what moved.
    mutating func end(_ round: FailoverRound, at wallTime: Duration) -> [MonitorID: NodeReference?] {
        let written = round.urgent.filter { round.changes.keys.contains($0.monitor) }
        pacer.note(urgent: MonitorMover.arrivals(of: written), at: wallTime)
        expect(round.plan.moves.filter { !round.changes.keys.contains($0.monitor) }, at: wallTime)
        return round.changes
    }

    /// What comes to a node in Kuma's next reading, be it kept back still, leaves no room there for what can wait.
    mutating func expect(_ moves: [PlannedMove], at wallTime: Duration) {
        pacer.expect(urgent: MonitorMover.arrivals(of: moves), at: wallTime)
    }

    private static func arrivals(of moves: [PlannedMove]) -> [NodeReference: Int] {
        moves.reduce(into: [:]) { $0[NodeReference($1.to), default: 0] += 1 }
    }

    /// The urgent moves of a plan that are made now.
    private mutating func urgentMoves(
        of plan: FailoverPlan, in snapshot: ClusterSnapshot, lastPass: Duration?, at wallTime: Duration,
        _ effects: inout [PassEffect]
    ) -> [PlannedMove] {
        isHolding = false
        guard !plan.moves.isEmpty else { return [] }
        // A slow database might not let us come back to it in time.
        guard let lastPass, lastPass <= MonitorMover.longestHoldingPass else { return plan.moves }
        let known = Set(snapshot.nodes.map { NodeReference($0.id) })
        let hold = UrgentHold(plan.moves, known: known, at: wallTime, readings, limits: pacing)
        isHolding = !hold.held.isEmpty
        let period = readings.index(of: wallTime)
        if isHolding, heldIn != period {
            heldIn = period
            effects.log(
                .notice,
                "no Kuma would start these before its own reading; until just before it their node may come back",
                ["monitors": "\(hold.held.count)"])
        }
        return hold.now
    }
}

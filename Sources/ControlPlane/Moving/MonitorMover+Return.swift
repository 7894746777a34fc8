import ClusterCore
import ClusterStore

extension MonitorMover {
    /// One pass's returns, and the entries it closes without touching a monitor.
    struct ReturnRound: Sendable {
        fileprivate var forgets: ArraySlice<OpenMove>
        fileprivate var homecomers: ArraySlice<OpenMove>
        /// Nil before the first batch: planning takes none of its time.
        fileprivate var end: ContinuousClock.Instant?
        /// The batch under way.
        fileprivate var batch: [OpenMove] = []
        /// The `assigned_node` that was restored, by monitor.
        fileprivate(set) var changes: [MonitorID: NodeReference?] = [:]
    }

    /// One batch of a round.
    enum ReturnStep: Sendable {
        /// No longer ours: a person decided otherwise, or the monitor is gone.
        case forget([OpenMove])
        /// Goes back to exactly where it was.
        case giveBack([OpenMove])
    }

    /// The journal to plan returns with; nil when it is to be read first. In the middle of a failover what was known before it
    /// is enough: what was moved a moment ago has time to return, and to read 100 000 entries would hold up the others.
    func journalForReturns(_ snapshot: ClusterSnapshot) -> [OpenMove]? {
        if let known = openMoves, hasUnreadMoves, !planFailover(snapshot).moves.isEmpty { return known }
        return journal
    }

    mutating func beginReturns(_ snapshot: ClusterSnapshot, open: [OpenMove], at moment: PassMoment) -> ReturnRound {
        let plan = ReturnPlan(
            open: open, assignments: snapshot.assignments,
            ownership: Ownership.map(of: snapshot.nodes, limits: judge),
            stable: open.isEmpty ? [] : stableNodes(snapshot.nodes(asOf: moment.now), now: moment.now),
            orphans: snapshot.orphans)
        let paced = pacer.admit(plan.planned, by: .any, at: moment.wallTime) { $0.leg }.map(\.move)
        return ReturnRound(
            forgets: plan.forgets[...], homecomers: (plan.returns + paced)[...])
    }

    func hasMore(_ round: inout ReturnRound, now: ContinuousClock.Instant) -> Bool {
        let end = round.end ?? now + MonitorMover.longestPass
        round.end = end
        return now < end && !(round.forgets.isEmpty && round.homecomers.isEmpty)
    }

    /// One batch, to be written in one transaction.
    mutating func next(_ round: inout ReturnRound) -> ReturnStep {
        forgetJournal()
        if let batch = pace.take(from: &round.forgets) {
            round.batch = batch
            return .forget(batch)
        }
        round.batch = pace.take(from: &round.homecomers) ?? []
        return .giveBack(round.batch)
    }

    mutating func forgotten(_ round: inout ReturnRound, took: Duration, _ effects: inout [PassEffect]) {
        pace.note(round.batch.count, took: took)
        effects.log(
            .info, "journal entries are closed where monitors were reassigned by a person, or deleted",
            ["monitors": "\(round.batch.count)"])
        round.batch = []
    }

    /// - Parameters:
    ///   - returned: of the batch; the others were not where we had put them.
    ///   - snapshot: what the round was planned from.
    mutating func returned(
        _ returned: [MonitorID], _ round: inout ReturnRound, in snapshot: ClusterSnapshot, took: Duration
    ) {
        pace.note(round.batch.count, took: took)
        let returned = Set(returned)
        var homes: [MonitorID: NodeReference?] = [:]
        for monitor in snapshot.assignments where returned.contains(monitor.id) { homes[monitor.id] = monitor.home }
        for move in round.batch where returned.contains(move.monitor) {
            round.changes[move.monitor] = .some(move.previousAssigned)
            if let home = move.previousAssigned ?? (homes[move.monitor] ?? nil) {
                returnedTally.add(from: NodeReference(move.to), to: home)
            }
            statistics.returned += 1
        }
        round.batch = []
    }
}

import ClusterCore
import ClusterStore

/// The leader's work on the one active job, one batch a pass: a failover, a pause and a cancellation get their turn in
/// between, and a node needs minutes to start a thousand monitors anyway (FactsAboutKuma.md).
///
/// Nothing of a job is kept here but a count of vain attempts. Each pass plans anew from what was just read and does the
/// first batch; the row in the database says how much is left. Interrupted anywhere – a killed leader, a lost lease, a
/// database outage – the next pass, here or at the next leader, goes on where the tables are. Who leads next therefore
/// finishes a job and never has to fail it.
struct Rebalancer: Sendable {
    /// Passes in a row that moved nothing, because monitors were never where the plan saw them: something of which we know
    /// nothing keeps moving them.
    static let vainAttempts = 10

    /// What is next for a job.
    enum Step: Sendable, Equatable {
        case move([PlannedMove])
        case end(RebalanceEnd)
        /// The next pass plans what is left, whatever second it is.
        case planAgain
        /// The rest is for Kuma's next reading.
        case wait
    }

    private let judge: HealthJudge.Limits
    private var vain = (job: Int64(0), attempts: 0)
    /// The job whose start was recorded last.
    private var recorded: Int64?
    /// The job that was planned last.
    private var planned: Int64?
    /// A step of the job moved something.
    private var goesOn = false
    /// The last jobs, as read when another one became active or none; nil before the first reading.
    private(set) var recent: [RebalanceJob]?
    /// The one that was active then.
    private var active: Int64?

    init(judge: HealthJudge.Limits) { self.judge = judge }

    // MARK: The list of jobs

    /// Whether the list must have changed; it is read so that it can be shown while the database is away.
    func isListOld(_ orders: StandingOrders) -> Bool { recent == nil || orders.job?.id != active }

    mutating func read(_ jobs: [RebalanceJob], _ orders: StandingOrders) {
        recent = jobs
        active = orders.job?.id
    }

    // MARK: A job

    /// Whether this pass works on the job. One may last for many of Kuma's readings; the journal and all monitors are not read
    /// anew each second for that.
    mutating func takesUp(_ job: RebalanceJob, _ pacer: PlannedMovePacer, at wallTime: Duration) -> Bool {
        guard planned != job.id || job.isCancelled || goesOn || pacer.isOpen(at: wallTime) else { return false }
        planned = job.id
        goesOn = false
        return true
    }

    /// - Parameters:
    ///   - open: the journal's open entries, as they are now.
    ///   - pacer: says which moves may go now, and counts them.
    mutating func plan(
        _ job: RebalanceJob, _ snapshot: ClusterSnapshot, open: [OpenMove], _ pacer: inout PlannedMovePacer,
        at wallTime: Duration
    ) -> Step {
        if job.isCancelled { return .end(.cancelled) }
        let plan = RebalancePlan(
            job.kind, assignments: snapshot.assignments, open: open,
            ownership: Ownership.map(of: snapshot.nodes, limits: judge), orphans: snapshot.orphans,
            limit: job.remaining)
        guard plan.fitNodes > 0 else { return .end(.failed(reason: "no node is fit to be given monitors")) }
        guard !plan.moves.isEmpty else {
            // Right after the monitors were read again nobody can say which homes do not exist; the next pass can.
            switch snapshot.orphans {
            case .leave where job.remaining > 0 && !isVainAgain(job): return planAgain()
            case .leave, .rescue: return .end(.done)
            }
        }
        let batch = Rebalancer.batch(of: plan.moves, &pacer, at: wallTime)
        return batch.isEmpty ? .wait : .move(batch)
    }

    /// What changes its home only goes at any time; what changes its runner, as the pace allows.
    private static func batch(
        of moves: [PlannedMove], _ pacer: inout PlannedMovePacer, at wallTime: Duration
    ) -> [PlannedMove] {
        let settling = moves.filter { $0.from == NodeReference($0.to) }.prefix(MoveLimits.step)
        let leaving = moves.lazy.filter { $0.from != NodeReference($0.to) }.prefix(MoveLimits.step - settling.count)
        return settling
            + pacer.admit(Array(leaving), by: .any, at: wallTime) { move in
                PlannedMovePacer.Leg(from: move.from, to: NodeReference(move.to))
            }
    }

    /// The new homes of what moved, and what is next for the job.
    struct Moved: Sendable {
        var homes: [MonitorID: NodeReference] = [:]
        var next: Step
    }

    mutating func answered(
        _ answer: RebalanceStep, _ batch: [PlannedMove], _ job: RebalanceJob, _ effects: inout [PassEffect]
    ) -> Moved {
        switch answer {
        case .stopped: return Moved(next: planAgain())
        case .moved(let monitors) where monitors.isEmpty:
            guard isVainAgain(job) else { return Moved(next: planAgain()) }
            return Moved(next: .end(.failed(reason: "something else keeps moving the monitors that should move")))
        case .moved(let monitors):
            vain = (job.id, 0)
            let moved = Set(monitors)
            var homes: [MonitorID: NodeReference] = [:]
            for move in batch where moved.contains(move.monitor) { homes[move.monitor] = NodeReference(move.to) }
            effects.log(
                .info, "monitors were given another home",
                ["job": "\(job.id)", "monitors": "\(monitors.count)", "of": "\(job.total)"])
            return Moved(homes: homes, next: planAgain())
        }
    }

    /// - Returns: nil when the error ends the pass.
    mutating func failed(_ error: StoreError, _ job: RebalanceJob, _ effects: inout [PassEffect]) -> Step? {
        switch error {
        case .unavailable, .deadlineExceeded, .leaseLost: return nil
        // A locked row is no vain attempt.
        case .contended: return planAgain()
        case .notPermitted, .schemaMissing, .refused:
            // It would be refused again with every pass.
            effects.log(.error, "a rebalancing failed", ["job": "\(job.id)", "error": "\(error)"])
            return .end(.failed(reason: "the database refused it; the log says why"))
        }
    }

    private mutating func planAgain() -> Step {
        goesOn = true
        return .planAgain
    }

    /// Whether this was the last vain attempt.
    private mutating func isVainAgain(_ job: RebalanceJob) -> Bool {
        vain = vain.job == job.id ? (job.id, vain.attempts + 1) : (job.id, 1)
        return vain.attempts >= Rebalancer.vainAttempts
    }

    /// Once for each job that nobody has begun.
    mutating func startEvent(of job: RebalanceJob) -> ClusterEvent? {
        guard job.state == .pending, recorded != job.id else { return nil }
        recorded = job.id
        let detail = "rebalancing \(job.id) (\(job.kind.rawValue)) by \(job.requestedBy): \(job.total) monitors to move"
        return ClusterEvent(.rebalanceStarted, detail: detail)
    }

    func endEvent(of job: RebalanceJob, _ end: RebalanceEnd) -> ClusterEvent {
        let count = "\(job.moved) of \(job.total) monitors moved"
        return switch end {
        case .done: ClusterEvent(.rebalanceFinished, detail: "rebalancing \(job.id) finished: \(count)")
        case .cancelled: ClusterEvent(.rebalanceCancelled, detail: "rebalancing \(job.id) was cancelled: \(count)")
        case .failed(let reason):
            ClusterEvent(.rebalanceFailed, detail: "rebalancing \(job.id) failed, \(count): \(reason)")
        }
    }
}

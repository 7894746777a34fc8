import ClusterCore
import ClusterStore
import Logging

/// The leader's work on the one active job, one batch a pass: a failover, a pause and a cancellation get their turn in
/// between, and a node needs minutes to start a thousand monitors anyway (KUMA.md).
///
/// Nothing of a job is kept here but a count of vain attempts. Each pass plans anew from what was just read and does the
/// first batch; the row in the database says how much is left. Interrupted anywhere – a killed leader, a lost lease, a
/// database outage – the next pass, here or at the next leader, goes on where the tables are. Who leads next therefore
/// finishes a job and never has to fail it.
actor Rebalancer {
    /// Passes in a row that moved nothing, because monitors were never where the plan saw them: something of which we know
    /// nothing keeps moving them.
    static let vainAttempts = 10

    /// What one pass did for a job.
    enum Progress: Sendable {
        /// The new homes of what moved.
        case moved([MonitorID: NodeReference])
        /// The rest is for Kuma's next reading.
        case waits
        case ended(RebalanceEnd)
    }

    private let store: any ControlStore
    private let judge: HealthJudge.Limits
    private let logger: Logger
    private var vain = (job: Int64(0), attempts: 0)
    private var told: Int64?

    init(store: any ControlStore, configuration: ControlPlaneConfiguration, logger: Logger) {
        self.store = store
        self.logger = logger
        judge = configuration.judge
    }

    /// Works on a job.
    /// - Parameters:
    ///   - open: the journal's open entries, as they are now.
    ///   - pacer: says which moves may go now.
    /// - Returns: also the pacer, which has counted them.
    func advance(
        _ job: RebalanceJob, _ snapshot: ClusterSnapshot, open: [OpenMove], pacer: PlannedMovePacer,
        at wallTime: Duration, under lease: Lease
    ) async throws(StoreError) -> (Progress, PlannedMovePacer) {
        var pacer = pacer
        let progress = try await advance(job, snapshot, open: open, &pacer, at: wallTime, under: lease)
        return (progress, pacer)
    }

    private func advance(
        _ job: RebalanceJob, _ snapshot: ClusterSnapshot, open: [OpenMove], _ pacer: inout PlannedMovePacer,
        at wallTime: Duration, under lease: Lease
    ) async throws(StoreError) -> Progress {
        if job.isCancelled { return try await end(job, as: .cancelled, under: lease) }
        let plan = RebalancePlan(
            job.kind, assignments: snapshot.assignments, open: open,
            ownership: Ownership.map(of: snapshot.nodes, limits: judge), orphans: snapshot.orphans,
            limit: job.remaining)
        guard plan.fitNodes > 0 else {
            return try await end(job, as: .failed(reason: "no node is fit to be given monitors"), under: lease)
        }
        guard !plan.moves.isEmpty else {
            // Right after the monitors were read again nobody can say which homes do not exist; the next pass can.
            switch snapshot.orphans {
            case .leave where job.remaining > 0 && !isVainAgain(job): return .moved([:])
            case .leave, .rescue: return try await end(job, as: .done, under: lease)
            }
        }
        let batch = Rebalancer.batch(of: plan.moves, &pacer, at: wallTime)
        guard !batch.isEmpty else { return .waits }
        do throws(StoreError) {
            switch try await store.rebalance(batch, for: job.id, under: lease) {
            case .stopped: return .moved([:])
            case .moved(let monitors): return try await moved(monitors, of: batch, job, under: lease)
            }
        } catch {
            switch error {
            case .unavailable, .deadlineExceeded, .leaseLost: throw error
            // The next pass tries again; a locked row is no vain attempt.
            case .contended: return .moved([:])
            case .notPermitted, .schemaMissing, .refused:
                // It would be refused again with every pass.
                logger.error("a rebalancing failed", metadata: ["job": "\(job.id)", "error": "\(error)"])
                return try await end(
                    job, as: .failed(reason: "the database refused it; the log says why"), under: lease)
            }
        }
    }

    /// What changes its home only goes at any time; what changes its runner, as the pace allows.
    private static func batch(
        of moves: [PlannedMove], _ pacer: inout PlannedMovePacer, at wallTime: Duration
    ) -> [PlannedMove] {
        let settling = moves.filter { $0.from == NodeReference($0.to) }.prefix(MoveLimits.step)
        let leaving = moves.lazy.filter { $0.from != NodeReference($0.to) }.prefix(MoveLimits.step - settling.count)
        return settling
            + pacer.admit(Array(leaving), in: .any, at: wallTime) { move in
                PlannedMovePacer.Leg(from: move.from, to: NodeReference(move.to))
            }
    }

    private func moved(
        _ monitors: [MonitorID], of batch: [PlannedMove], _ job: RebalanceJob, under lease: Lease
    ) async throws(StoreError) -> Progress {
        if monitors.isEmpty {
            if isVainAgain(job) {
                let reason = "something else keeps moving the monitors that should move"
                return try await end(job, as: .failed(reason: reason), under: lease)
            }
            return .moved([:])
        }
        vain = (job.id, 0)
        let moved = Set(monitors)
        var homes: [MonitorID: NodeReference] = [:]
        for move in batch where moved.contains(move.monitor) { homes[move.monitor] = NodeReference(move.to) }
        logger.info(
            "monitors were given another home",
            metadata: ["job": "\(job.id)", "monitors": "\(monitors.count)", "of": "\(job.total)"])
        return .moved(homes)
    }

    /// Whether this was the last vain attempt.
    private func isVainAgain(_ job: RebalanceJob) -> Bool {
        vain = vain.job == job.id ? (job.id, vain.attempts + 1) : (job.id, 1)
        return vain.attempts >= Rebalancer.vainAttempts
    }

    private func end(_ job: RebalanceJob, as end: RebalanceEnd, under lease: Lease) async throws(StoreError) -> Progress
    {
        try await store.finishJob(job.id, as: end, under: lease)
        return .ended(end)
    }

    /// Once for each job that nobody has begun.
    func startEvent(of job: RebalanceJob) -> ClusterEvent? {
        guard job.state == .pending, told != job.id else { return nil }
        told = job.id
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

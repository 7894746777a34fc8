import ClusterCore
import ClusterStore

/// What the leader does about people's orders: a pause, a rebalancing.
extension PassStateMachine {
    // MARK: Pause

    /// Whether anything may be moved. A pause whose time is over ends here, once: whoever deletes it reports it.
    mutating func checkPause(_ moment: PassMoment) -> Advance {
        // Whoever was overtaken by a report would take monitors from a node on its word of before: read again first.
        guard let orders = snapshot?.orders, !pass.isOvertaken else { return .enter(.announcement) }
        switch orders.source {
        case .tables: break
        // A pause may stand there.
        case .unreadable:
            database.ordersAreMissing(now: moment.now, &effects)
            return .enter(.announcement)
        }
        guard let pause = orders.pause else { return .enter(.beginReturns) }
        return pause.isOver ? .ask(.endPause) : .enter(.announcement)
    }

    mutating func ended(_ effect: PassAnswer.PauseEffect) {
        pass.stage = .beginReturns
        guard let pause = snapshot?.orders.pause, effect == .ended else { return }
        effects.log(.notice, "the pause is over; monitors are moved again", ["by": pause.by])
        history.add(
            [ClusterEvent(.automationResumed, detail: "the pause by \(pause.by) ended in time")], &effects)
    }

    // MARK: The list of jobs

    mutating func readJobs(_ moment: PassMoment) -> Advance {
        if let orders = snapshot?.orders, rebalancer.isListOld(orders) { return .ask(.jobs) }
        effects.append(.publish(report(.polled, now: moment.now)))
        // First the prober knows who is where: no word is spoken on what was found at a node's last address.
        return .act(then: leader.lease(now: moment.now) == nil ? .announcement : .beginSpeaking)
    }

    mutating func jobsRead(_ jobs: [RebalanceJob]) {
        if let orders = snapshot?.orders { rebalancer.read(jobs, orders) }
    }

    mutating func jobsFailed(_ error: StoreError) -> Bearing {
        switch error {
        case .unavailable, .deadlineExceeded, .contended, .leaseLost: return .ends
        // The table is not there, or not ours to read: no reason to stop leading.
        case .notPermitted, .schemaMissing, .refused:
            jobsRead([])
            return .goesOn
        }
    }

    // MARK: A job

    /// Where the work on a job is.
    enum JobStage: Sendable {
        case begin
        /// Its next batch is planned from the journal's open entries.
        case plan
        /// With the pacer as it was before these were counted.
        case moving([PlannedMove], uncounted: PlannedMovePacer)
        case ending(RebalanceEnd)
        case done
    }

    /// Which jobs are worked on.
    enum JobOccasion: Sendable {
        /// A pause holds a job; it must not hold its cancellation as well.
        case cancelled
        /// After everything that is urgent.
        case active
    }

    mutating func work(on stage: JobStage, as occasion: JobOccasion, _ moment: PassMoment) -> Advance {
        guard let job = snapshot?.orders.job, let lease = leader.lease(now: moment.now) else {
            // The lease ended while its next batch was planned: that is not sent.
            forgetCounted()
            return .enter(after(occasion))
        }
        switch stage {
        case .begin: return begin(job, occasion, moment)
        case .plan: return plan(job, occasion, moment)
        case .moving(let batch, _): return .ask(.rebalance(batch, job: job.id, lease))
        case .ending(let end): return .ask(.finishJob(job.id, end, lease))
        case .done: return .enter(after(occasion))
        }
    }

    private func after(_ occasion: JobOccasion) -> Stage {
        switch occasion {
        case .cancelled: .pause
        case .active: .moved
        }
    }

    private mutating func begin(_ job: RebalanceJob, _ occasion: JobOccasion, _ moment: PassMoment) -> Advance {
        if occasion == .cancelled, !job.isCancelled { return .enter(after(occasion)) }
        guard rebalancer.takesUp(job, mover.pacer, at: moment.wallTime) else { return .enter(after(occasion)) }
        if let started = rebalancer.startEvent(of: job) { history.add([started], &effects) }
        return .enter(.job(.plan, occasion))
    }

    private mutating func plan(_ job: RebalanceJob, _ occasion: JobOccasion, _ moment: PassMoment) -> Advance {
        guard let snapshot, let open = mover.journal else { return .ask(.openMoves) }
        // Whatever comes of it: what we hold of the journal and of the monitors may be old.
        mover.forgetJournal()
        reader.expireAssignments()
        let uncounted = mover.pacer
        let step = rebalancer.plan(job, snapshot, open: open, &mover.pacer, at: moment.wallTime)
        switch step {
        case .move(let batch): return .act(then: .job(.moving(batch, uncounted: uncounted), occasion))
        case .end(let end): return .enter(.job(.ending(end), occasion))
        case .planAgain:
            self.snapshot?.orders.job?.state = .running
            return .enter(after(occasion))
        case .wait: return .enter(after(occasion))
        }
    }

    mutating func rebalanced(_ answer: RebalanceStep, _ statement: PassStatement, _ moment: PassMoment) {
        guard let job = snapshot?.orders.job, case .rebalance(let batch, _, _) = statement else { return goOn(.done) }
        let moved = rebalancer.answered(answer, batch, job, &effects)
        snapshot?.rehome(moved.homes)
        mover.statistics.moved[job.kind.reason, default: 0] += moved.homes.count
        snapshot?.orders.job?.state = .running
        snapshot?.orders.job?.moved += moved.homes.count
        goOn(moved.next)
    }

    mutating func rebalanceFailed(_ error: StoreError) -> Bearing {
        switch error {
        // It may have been executed: a node that were given as many again would start them beyond its reading.
        case .unavailable, .deadlineExceeded(_, .us): break
        case .deadlineExceeded(_, .database), .contended, .leaseLost, .notPermitted, .schemaMissing, .refused:
            forgetCounted()
        }
        guard let job = snapshot?.orders.job, let next = rebalancer.failed(error, job, &effects) else { return .ends }
        goOn(next)
        return .goesOn
    }

    /// Nothing of the batch is written: its moves take nobody's place in Kuma's next reading.
    private mutating func forgetCounted() {
        if case .job(.moving(_, let uncounted), _) = pass.stage { mover.pacer = uncounted }
    }

    private mutating func goOn(_ next: Rebalancer.Step) {
        switch next {
        case .end(let end): goOn(.ending(end))
        case .move, .planAgain, .wait: goOn(.done)
        }
    }

    private mutating func goOn(_ job: JobStage) {
        if case .job(_, let occasion) = pass.stage { pass.stage = .job(job, occasion) }
    }

    mutating func jobFinished(_ statement: PassStatement) {
        goOn(.done)
        guard let job = snapshot?.orders.job, case .finishJob(_, let end, _) = statement else { return }
        let event = rebalancer.endEvent(of: job, end)
        effects.log(.notice, event.detail)
        history.add([event], &effects)
        snapshot?.orders.job = nil
    }
}

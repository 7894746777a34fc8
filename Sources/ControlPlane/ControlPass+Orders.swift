import ClusterCore
import ClusterStore
import Logging

/// What the leader does about people's orders.
extension ControlPass {
    /// Whether anything may be moved. A pause whose time is over ends here, once: whoever deletes it tells of it.
    func isAtLiberty(_ snapshot: ClusterSnapshot) async throws(StoreError) -> Bool {
        switch snapshot.orders.source {
        case .tables: break
        case .unreadable:
            // A pause may stand there. What is missing is made again with the next pass, or said to be missing.
            if nextSchemaAttempt == nil {
                logger.error("the table of the pause or of jobs is missing; nothing is moved without it")
                nextSchemaAttempt = clock.now()
            }
            return false
        }
        guard let pause = snapshot.orders.pause else { return true }
        guard pause.isOver else { return false }
        if try await store.resume(.overdue) {
            logger.notice("the pause is over; monitors are moved again", metadata: ["by": "\(pause.by)"])
            events.append(ClusterEvent(.automationResumed, detail: "the pause by \(pause.by) ended in time"))
        }
        return true
    }

    /// Reads the list of jobs when it must have changed, so that it can be told of while the database is away.
    func lookAtJobs(_ snapshot: ClusterSnapshot) async throws(StoreError) {
        let active = snapshot.orders.job?.id
        guard jobs == nil || active != seenJob else { return }
        do { jobs = try await store.jobs() } catch {
            switch error {
            case .unavailable, .deadlineExceeded, .contended, .leaseLost: throw error
            // The table is not there, or not ours to read: no reason to stop leading.
            case .notPermitted, .schemaMissing, .refused: jobs = []
            }
        }
        seenJob = active
    }

    /// One batch of the active job, after everything that is urgent.
    func rebalance(_ snapshot: inout ClusterSnapshot) async throws(StoreError) {
        guard let job = snapshot.orders.job, let lease = await leader.lease else { return }
        // A job may last for many of Kuma's readings; the journal and all monitors are not read anew each second for that.
        let wallTime = clock.wallTime()
        guard rebalancing != job.id || job.isCancelled || goesOnRebalancing || pacer.isOpen(at: wallTime)
        else { return }
        rebalancing = job.id
        goesOnRebalancing = false
        if let started = await rebalancer.startEvent(of: job) { events.append(started) }
        let open = try await mover.journal()
        // Whatever comes of it: what we hold of the journal and of the monitors may be old.
        await mover.forgetJournal()
        await poller.expireAssignments()
        let (progress, paced) = try await rebalancer.advance(
            job, snapshot, open: open, pacer: pacer, at: wallTime, under: lease)
        pacer = paced
        switch progress {
        case .waits: return
        case .moved(let homes):
            goesOnRebalancing = true
            snapshot.rehome(homes)
            moves.moved[job.kind.reason, default: 0] += homes.count
            snapshot.orders.job?.state = .running
            snapshot.orders.job?.moved += homes.count
        case .ended(let end):
            let event = await rebalancer.endEvent(of: job, end)
            logger.notice("\(event.detail)")
            events.append(event)
            snapshot.orders.job = nil
        }
    }
}

import ClusterCore
import ClusterStore
import Logging

/// What the leader does about people's orders.
extension ControlPass {
    /// Whether anything may be moved. A pause whose time is over ends here, once: whoever deletes it tells of it.
    func isAtLiberty(_ picture: ClusterPicture) async throws(StoreError) -> Bool {
        guard let pause = picture.orders.pause else { return true }
        guard pause.isOver else { return false }
        if try await store.resume(.overdue) {
            logger.notice("the pause is over; monitors are moved again", metadata: ["by": "\(pause.by)"])
            events.append(ClusterEvent(.automationResumed, detail: "the pause by \(pause.by) ended in time"))
        }
        return true
    }

    /// One batch of the active job, after everything that is urgent.
    func rebalance(_ picture: inout ClusterPicture) async throws(StoreError) {
        guard let job = picture.orders.job, let lease = await leader.lease else { return }
        if let started = await rebalancer.startEvent(of: job) { events.append(started) }
        let open = try await mover.journal()
        // Whatever comes of it: what we hold of the journal and of the monitors may be old.
        await mover.forgetJournal()
        await poller.expireAssignments()
        switch try await rebalancer.advance(job, picture, open: open, under: lease) {
        case .moved(let homes):
            picture.rehome(homes)
            picture.orders.job?.state = .running
            picture.orders.job?.moved += homes.count
        case .ended(let end):
            let event = await rebalancer.endEvent(of: job, end)
            logger.notice("\(event.detail)")
            events.append(event)
            picture.orders.job = nil
        }
    }
}

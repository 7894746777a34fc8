import ClusterCore
import ClusterStore
import Logging

extension MonitorMover {
    /// The journal's open entries, read when they may have changed.
    func journal() async throws(StoreError) -> [OpenMove] {
        if let known = openMoves, !hasUnreadMoves { return known }
        let open = try await store.openMoves()
        openMoves = open
        hasUnreadMoves = false
        return open
    }

    /// Plans what goes home, reading the journal when it may have changed. In the middle of a failover what was known before it
    /// is enough: what was moved a moment ago has time to return, and to read 100 000 entries would hold up the others.
    func planReturns(_ snapshot: ClusterSnapshot) async throws(StoreError) -> ReturnPlan {
        let open: [OpenMove]
        if let known = openMoves, hasUnreadMoves, !planFailover(snapshot).moves.isEmpty {
            open = known
        } else {
            open = try await journal()
        }
        let now = clock.now()
        return ReturnPlan(
            open: open, assignments: snapshot.assignments,
            ownership: Ownership.map(of: snapshot.nodes, limits: judge),
            stable: open.isEmpty ? [] : stableNodes(snapshot.nodes(asOf: now), now: now),
            orphans: snapshot.orphans)
    }

    /// Closes one batch of entries that are no longer ours: a person decided otherwise, or the monitor is gone.
    func forget(_ batch: [OpenMove], under lease: Lease) async throws(StoreError) {
        forgetJournal()
        try await store.forgetMoves(batch, under: lease)
        logger.info(
            "journal entries are closed where monitors were reassigned by a person, or deleted",
            metadata: ["monitors": "\(batch.count)"])
    }

    /// Puts one batch back to exactly where it was, in one transaction.
    /// - Returns: the `assigned_node` that was restored, by monitor.
    func giveBack(
        _ batch: [OpenMove], in snapshot: ClusterSnapshot, under lease: Lease
    ) async throws(StoreError) -> [MonitorID: NodeReference?] {
        forgetJournal()
        let returned = Set(try await store.returnHome(batch, under: lease))
        var homes: [MonitorID: NodeReference?] = [:]
        for monitor in snapshot.assignments where returned.contains(monitor.id) { homes[monitor.id] = monitor.home }
        var changes: [MonitorID: NodeReference?] = [:]
        for move in batch where returned.contains(move.monitor) {
            changes[move.monitor] = .some(move.previousAssigned)
            if let home = move.previousAssigned ?? (homes[move.monitor] ?? nil) {
                returnedTally.add(from: NodeReference(move.to), to: home)
            }
        }
        return changes
    }
}

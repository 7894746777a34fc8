package import ClusterCore
package import ClusterStore

extension InMemoryClusterStore {
    package func move(_ moves: [PlannedMove], under lease: Lease) throws(StoreError) -> [MonitorID] {
        try MoveLimits.check(moves.count)
        return try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            guard !state.isPaused(now: now) else { return [] }
            var moved: [MonitorID] = []
            var tally = MoveTally()
            for move in moves {
                guard let row = state.monitors[move.monitor],
                    let decision = MoveDecision(move, row: row, open: state.openMove(of: move.monitor))
                else { continue }
                state.apply(decision, at: now)
                moved.append(move.monitor)
                tally.add(from: move.from, to: NodeReference(move.to))
            }
            state.append(tally.events(.monitorsMoved, verb: "moved"), at: now)
            return moved.sorted()
        }
    }

    package func returnHome(_ moves: [OpenMove], under lease: Lease) throws(StoreError) -> [MonitorID] {
        try MoveLimits.check(moves.count)
        return try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            guard !state.isPaused(now: now) else { return [] }
            var returned: [MonitorID] = []
            var tally = MoveTally()
            for move in moves {
                guard let row = state.moves[move.id], row.outcome == nil else { continue }
                switch ReturnDecision(row.entry, row: state.monitors[row.entry.monitor]) {
                case .restore(let assigned):
                    state.monitors[row.entry.monitor]?.assigned = assigned
                    state.close(move.id, as: .returned, at: now)
                    returned.append(row.entry.monitor)
                    if let home = state.monitors[row.entry.monitor]?.effective {
                        tally.add(from: NodeReference(row.entry.to), to: home)
                    }
                case .close(let outcome):
                    state.close(move.id, as: outcome, at: now)
                }
            }
            state.append(tally.events(.monitorsReturned, verb: "returned"), at: now)
            return returned.sorted()
        }
    }

    package func forgetMoves(_ moves: [OpenMove], under lease: Lease) throws(StoreError) {
        try MoveLimits.check(moves.count)
        try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            for move in moves { state.forget(move.id, at: now) }
        }
    }

    package func openMoves() throws(StoreError) -> [OpenMove] {
        try step { state, _ throws(StoreError) in
            state.openMoves.values.sorted().compactMap { state.moves[$0]?.entry }
        }
    }
}

extension InMemoryCluster.State {
    func openMove(of monitor: MonitorID) -> OpenMove? { openMoves[monitor].flatMap { moves[$0]?.entry } }

    mutating func append(_ new: [ClusterEvent], at now: Duration) {
        for event in new {
            lastEvent += 1
            events.append(RecordedEvent(id: lastEvent, at: TimeStamp.text(now), event: event))
        }
    }

    /// Closes an entry whose monitor is no longer where we put it.
    fileprivate mutating func forget(_ id: Int64, at now: Duration) {
        guard let row = moves[id], row.outcome == nil else { return }
        switch ReturnDecision(row.entry, row: monitors[row.entry.monitor]) {
        case .restore: return
        case .close: close(id, as: .forgotten, at: now)
        }
    }

    fileprivate mutating func close(_ id: Int64, as outcome: MoveOutcome, at now: Duration) {
        guard let monitor = moves[id]?.entry.monitor else { return }
        moves[id]?.outcome = outcome
        moves[id]?.closedAt = now
        openMoves[monitor] = nil
    }

    fileprivate mutating func apply(_ decision: MoveDecision, at now: Duration) {
        monitors[decision.monitor]?.assigned = NodeReference(decision.to)
        if let closing = decision.closing { close(closing.entry, as: closing.outcome, at: now) }
        journal(
            decision.opensEntry ? nil : .permanent, decision.monitor, from: decision.from, to: decision.to,
            previous: decision.previousAssigned, reason: decision.reason, at: now)
        if decision.opensEntry { openMoves[decision.monitor] = lastMove }
    }

    mutating func apply(_ decision: RebalanceDecision, at now: Duration) {
        monitors[decision.monitor]?.home = NodeReference(decision.to)
        monitors[decision.monitor]?.assigned = nil
        if let closing = decision.closing { close(closing.entry, as: closing.outcome, at: now) }
        journal(
            .permanent, decision.monitor, from: decision.from, to: decision.to, previous: decision.previousAssigned,
            reason: decision.reason, at: now)
    }

    private mutating func journal(
        _ outcome: MoveOutcome?, _ monitor: MonitorID, from: NodeReference, to: NodeID, previous: NodeReference?,
        reason: MoveReason, at now: Duration
    ) {
        lastMove += 1
        let entry = OpenMove(
            id: lastMove, monitor: monitor, from: from, to: to, previousAssigned: previous, reason: reason)
        moves[lastMove] = InMemoryCluster.MoveRow(
            entry: entry, movedAt: now, closedAt: outcome.map { _ in now }, outcome: outcome)
    }
}

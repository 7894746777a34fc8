package import ClusterCore

extension InMemoryClusterStore {
    package func move(_ moves: [PlannedMove], under lease: Lease) async throws(StoreError) -> [MonitorID] {
        try MoveLimits.check(moves.count)
        return try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            var moved: [MonitorID] = []
            for move in moves {
                guard let row = state.monitors[move.monitor],
                    let decision = MoveDecision(move, row: row, open: state.openMove(of: move.monitor))
                else { continue }
                state.apply(decision)
                moved.append(move.monitor)
            }
            return moved.sorted()
        }
    }

    package func returnHome(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) -> [MonitorID] {
        try MoveLimits.check(moves.count)
        return try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            var returned: [MonitorID] = []
            for move in moves {
                guard let row = state.moves[move.id], row.outcome == nil else { continue }
                switch ReturnDecision(row.entry, row: state.monitors[row.entry.monitor]) {
                case .restore(let assigned):
                    state.monitors[row.entry.monitor]?.assigned = assigned
                    state.close(move.id, as: .returned)
                    returned.append(row.entry.monitor)
                case .close(let outcome):
                    state.close(move.id, as: outcome)
                }
            }
            return returned.sorted()
        }
    }

    package func forgetMoves(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) {
        try MoveLimits.check(moves.count)
        try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            for move in moves {
                guard let row = state.moves[move.id], row.outcome == nil else { continue }
                state.close(move.id, as: .forgotten)
            }
        }
    }

    package func openMoves() async throws(StoreError) -> [OpenMove] {
        try step { state, _ throws(StoreError) in
            state.openMoves.values.sorted().compactMap { state.moves[$0]?.entry }
        }
    }
}

extension InMemoryCluster.State {
    fileprivate func openMove(of monitor: MonitorID) -> OpenMove? {
        openMoves[monitor].flatMap { moves[$0]?.entry }
    }

    fileprivate mutating func close(_ id: Int64, as outcome: MoveOutcome) {
        guard let monitor = moves[id]?.entry.monitor else { return }
        moves[id]?.outcome = outcome
        openMoves[monitor] = nil
    }

    fileprivate mutating func apply(_ decision: MoveDecision) {
        monitors[decision.monitor]?.assigned = NodeReference(decision.to)
        if let closing = decision.closing { close(closing.entry, as: closing.outcome) }
        lastMove += 1
        let entry = OpenMove(
            id: lastMove, monitor: decision.monitor, from: decision.from, to: decision.to,
            previousAssigned: decision.previousAssigned, reason: decision.reason)
        if decision.opensEntry { openMoves[decision.monitor] = lastMove }
        moves[lastMove] = InMemoryCluster.MoveRow(entry: entry, outcome: decision.opensEntry ? nil : .permanent)
    }
}

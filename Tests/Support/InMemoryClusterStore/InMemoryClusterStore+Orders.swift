package import ClusterCore
package import ClusterStore

extension InMemoryClusterStore {
    package func requestJob(_ order: RebalanceOrder) throws(StoreError) -> RebalanceJob? {
        try step { state, now throws(StoreError) in
            guard state.activeJob == nil else { return nil }
            state.lastJob += 1
            let job = RebalanceJob(
                id: state.lastJob, kind: order.kind, state: .pending, requestedBy: order.requestedBy,
                total: order.total, requestedAt: TimeStamp.text(now))
            state.jobs = state.jobs.suffix(JobLimits.kept - 1) + [job]
            return job
        }
    }

    package func cancelJob() throws(StoreError) -> RebalanceJob? {
        try step { state, _ throws(StoreError) in
            guard let index = state.activeJob else { return nil }
            state.jobs[index].isCancelled = true
            return state.jobs[index]
        }
    }

    package func jobs() throws(StoreError) -> [RebalanceJob] {
        try step { state, _ throws(StoreError) in state.jobs.reversed() }
    }

    package func rebalance(
        _ moves: [PlannedMove], for job: Int64, under lease: Lease
    ) throws(StoreError) -> RebalanceStep {
        try MoveLimits.check(moves.count)
        return try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            guard !state.isPaused(now: now), let index = state.activeJob, state.jobs[index].id == job,
                !state.jobs[index].isCancelled
            else {
                return .stopped
            }
            var moved: [MonitorID] = []
            for move in moves {
                guard let row = state.monitors[move.monitor],
                    let decision = RebalanceDecision(move, row: row, open: state.openMove(of: move.monitor))
                else { continue }
                state.apply(decision, at: now)
                moved.append(move.monitor)
            }
            state.jobs[index].state = .running
            state.jobs[index].startedAt = state.jobs[index].startedAt ?? TimeStamp.text(now)
            state.jobs[index].moved += moved.count
            return .moved(moved.sorted())
        }
    }

    package func finishJob(_ job: Int64, as end: RebalanceEnd, under lease: Lease) throws(StoreError) {
        try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            guard let index = state.activeJob, state.jobs[index].id == job else { return }
            state.jobs[index].state = end.state
            state.jobs[index].error = end.error
            state.jobs[index].finishedAt = TimeStamp.text(now)
        }
    }

    package func moves(_ query: MoveQuery) throws(StoreError) -> [RecordedMove] {
        try step { state, _ throws(StoreError) in
            let rows = state.moves.values.sorted { $0.entry.id > $1.entry.id }.lazy.filter { row in
                query.before.map { row.entry.id < $0 } ?? true
                    && query.node.map { row.entry.from.text == $0.text || row.entry.to == $0 } ?? true
                    && query.reason.map { row.entry.reason == $0 } ?? true
            }
            let moves = rows.compactMap(\.recorded)
            return Array(moves.prefix(min(max(query.limit, 1), HistoryLimits.page)))
        }
    }

    package func pause(_ order: PauseOrder) throws(StoreError) {
        try step { state, _ throws(StoreError) in state.pause = order }
    }

    package func resume(_ end: PauseEnd) throws(StoreError) -> Bool {
        try step { state, now throws(StoreError) in
            guard let pause = state.pause else { return false }
            switch end {
            case .any: break
            case .overdue: guard let until = pause.until, until <= now else { return false }
            }
            state.pause = nil
            return true
        }
    }
}

extension InMemoryCluster.MoveRow {
    /// For people; nil where its reason is a word that we do not know.
    fileprivate var recorded: RecordedMove? {
        entry.reason.map { reason in
            RecordedMove(
                id: entry.id, monitor: entry.monitor, from: entry.from, to: NodeReference(entry.to),
                previousAssigned: entry.previousAssigned, reason: reason, movedAt: TimeStamp.text(movedAt),
                closedAt: closedAt.map { TimeStamp.text($0) }, outcome: outcome)
        }
    }
}

extension InMemoryCluster.State {
    /// Its position in `jobs`.
    fileprivate var activeJob: Int? { jobs.lastIndex { $0.isActive } }

    func isPaused(now: Duration) -> Bool { orders(now: now).activePause != nil }

    func orders(now: Duration) -> StandingOrders {
        StandingOrders(
            pause: pause.map { pause in
                Pause(
                    by: pause.by, reason: pause.reason, until: pause.until, remaining: pause.until.map { $0 - now })
            },
            job: activeJob.map { jobs[$0] })
    }
}

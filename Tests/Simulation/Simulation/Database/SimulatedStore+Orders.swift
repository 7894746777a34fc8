import ClusterCore
import ClusterStore

/// What people ask of whoever leads.
extension SimulatedStore {
    func requestJob(_ order: RebalanceOrder) async throws(StoreError) -> RebalanceJob? {
        try await call(.other("request job")) { () async throws(StoreError) in try await inner.requestJob(order) }
    }

    func cancelJob() async throws(StoreError) -> RebalanceJob? {
        try await call(.other("cancel job")) { () async throws(StoreError) in try await inner.cancelJob() }
    }

    func jobs() async throws(StoreError) -> [RebalanceJob] {
        try await call(.read("jobs")) { () async throws(StoreError) in try await inner.jobs() }
    }

    func rebalance(_ moves: [PlannedMove], for job: Int64, under lease: Lease) async throws(StoreError) -> RebalanceStep
    {
        try await call(.rebalance(moves, lease)) { () async throws(StoreError) in
            try await inner.rebalance(moves, for: job, under: sabotage.spoil(lease, on: database.tables))
        }
    }

    func finishJob(_ job: Int64, as end: RebalanceEnd, under lease: Lease) async throws(StoreError) {
        try await call(.other("finish job")) { () async throws(StoreError) in
            try await inner.finishJob(job, as: end, under: sabotage.spoil(lease, on: database.tables))
        }
    }

    func moves(_ query: MoveQuery) async throws(StoreError) -> [RecordedMove] {
        try await call(.read("moves")) { () async throws(StoreError) in try await inner.moves(query) }
    }

    func pause(_ order: PauseOrder) async throws(StoreError) {
        try await call(.other("pause")) { () async throws(StoreError) in try await inner.pause(order) }
    }

    func resume(_ end: PauseEnd) async throws(StoreError) -> Bool {
        try await call(.other("resume")) { () async throws(StoreError) in try await inner.resume(end) }
    }
}

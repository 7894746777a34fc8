import ClusterCore
import ClusterStore
import InMemoryClusterStore
import Synchronization

extension GatedStore {
    func requestJob(_ order: RebalanceOrder) async throws(StoreError) -> RebalanceJob? {
        try await inner.requestJob(order)
    }
    func cancelJob() async throws(StoreError) -> RebalanceJob? { try await inner.cancelJob() }
    func jobs() async throws(StoreError) -> [RebalanceJob] {
        let hook = beforeReading.withLock { $0 }
        await hook?()
        return try await inner.jobs()
    }
    func rebalance(
        _ moves: [PlannedMove], for job: Int64, under lease: Lease
    ) async throws(StoreError) -> RebalanceStep {
        try await inner.rebalance(moves, for: job, under: lease)
    }
    func finishJob(_ job: Int64, as end: RebalanceEnd, under lease: Lease) async throws(StoreError) {
        try await inner.finishJob(job, as: end, under: lease)
    }
    func moves(_ query: MoveQuery) async throws(StoreError) -> [RecordedMove] {
        let hook = beforeReading.withLock { $0 }
        await hook?()
        return try await inner.moves(query)
    }
    func pause(_ order: PauseOrder) async throws(StoreError) { try await inner.pause(order) }
    func resume(_ end: PauseEnd) async throws(StoreError) -> Bool { try await inner.resume(end) }
}

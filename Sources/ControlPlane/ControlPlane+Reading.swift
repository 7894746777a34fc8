package import ClusterCore
package import ClusterStore
import Synchronization

/// What anybody may read in the database. Over a connection of its own, and by a few at once: neither a crowd nor a slow
/// query ever stands in front of the lease.
extension ControlPlane {
    package func events(_ query: EventQuery) async throws(StoreError) -> [RecordedEvent] {
        try await admitted { store throws(StoreError) in try await store.events(query) }
    }

    package func moves(_ query: MoveQuery) async throws(StoreError) -> [RecordedMove] {
        try await admitted { store throws(StoreError) in try await store.moves(query) }
    }

    package func rebalanceJobs() async throws(StoreError) -> [RebalanceJob] {
        try await admitted { store throws(StoreError) in try await store.jobs() }
    }

    private func admitted<Rows: Sendable>(
        _ read: (any ControlStore) async throws(StoreError) -> Rows
    ) async throws(StoreError) -> Rows {
        let isAdmitted = shared.withLock { state -> Bool in
            guard state.readers < ControlPlane.readers else { return false }
            state.readers += 1
            return true
        }
        guard isAdmitted else { throw .unavailable(reason: "too many readers of the database at once") }
        defer { shared.withLock { $0.readers -= 1 } }
        return try await read(readingStore)
    }
}

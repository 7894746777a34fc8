import ClusterCore
import ClusterStore

extension ControlPass {
    /// Reads what those who follow the history have not seen. A history that cannot be read is no reason to stop leading.
    func feedFollowers() async throws(StoreError) {
        guard let newest = feed.awaitedAfter else { return }
        do throws(StoreError) {
            var events = try await unseen(after: newest, limit: EventFeed.glance)
            if events.count == EventFeed.glance {
                events = try await unseen(after: newest, limit: HistoryLimits.page)
            }
            feed.deliver(events.reversed())
        } catch {
            switch error {
            case .unavailable, .deadlineExceeded, .leaseLost: throw error
            case .contended, .notPermitted, .schemaMissing, .refused: return
            }
        }
    }

    /// Newest first.
    private func unseen(after newest: Int64, limit: Int) async throws(StoreError) -> [RecordedEvent] {
        try await store.events(EventQuery(limit: limit)).filter { $0.id > newest }
    }
}

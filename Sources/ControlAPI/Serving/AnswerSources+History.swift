import ClusterStore
import ControlPlane

extension AnswerSources {
    /// A page of the history, and the marks of one that is not from the database.
    struct HistoryPage<Row> {
        let rows: [Row]
        let marks: [JSON.Field]
    }

    /// Reads a page; while the database is away, or somebody keeps the table locked, what memory holds of it (API.md).
    func page<Row>(
        _ state: ClusterState, read: () async throws(StoreError) -> [Row], remembered: () -> [Row]
    ) async throws(Refusal) -> HistoryPage<Row> {
        do throws(StoreError) { return HistoryPage(rows: try await read(), marks: []) } catch {
            switch error {
            case .unavailable, .deadlineExceeded, .contended:
                let marks = state.staleMarks(Moment.now)
                return HistoryPage(rows: remembered(), marks: marks.isEmpty ? [JSON.Field("stale", true)] : marks)
            case .leaseLost, .notPermitted, .schemaMissing, .refused: throw Refusal.store(error)
            }
        }
    }
}

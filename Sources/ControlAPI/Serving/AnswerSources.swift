import ClusterCore
import ClusterStore
import ControlPlane
import Logging

/// What answers are made from.
struct AnswerSources: Sendable {
    let configuration: ControlAPIConfiguration
    let control: any ClusterControl
    let serving: ServingState
    /// One for each reactor; summed where it is shown.
    let traffic: [TrafficFacts]
    /// What `/lb/debug-logs` shows.
    let log: any ProcessLog
    /// What `/lb/openapi.json` answers.
    let description: JSON
    let startedAt: ContinuousClock.Instant
    let logger: Logger

    /// The nodes one may pin now, by the table that routes, with the names that people know.
    var pinnableNodes: [PinnableNode] {
        let table = control.routingTable
        let names = Dictionary(
            control.snapshot.nodes.map { ($0.record.id, $0.record.name) }, uniquingKeysWith: { first, _ in first })
        return table.nodes.filter(\.acceptsPins).map { PinnableNode(id: $0.id, name: names[$0.id] ?? "") }
    }

    /// Asks the database, and refuses where it does not do its part.
    func asking<Given: Sendable>(
        _ body: (any ClusterControl) async throws(StoreError) -> Given
    ) async throws(Refusal) -> Given {
        do throws(StoreError) { return try await body(control) } catch { throw Refusal.store(error) }
    }
}

extension ControlPlaneSnapshot {
    /// Whether the snapshot shown is older than the last attempt to read it: the database is away, or refuses us.
    var isStale: Bool { !database.isReachable || database.lastRead == nil || database.lastError != nil }

    /// What is added to an answer from the last table.
    func staleMarks(_ moment: Moment) -> StaleMarks {
        guard isStale else { return .none }
        return StaleMarks(
            isStale: true,
            database: DatabaseAway(isReachable: database.isReachable, since: moment.time(database.since)))
    }

    /// - Parameter moment: of the whole answer.
    func marked<Content: WholeAnswer>(_ content: Content, at moment: Moment) -> MarkedAnswer<Content> {
        MarkedAnswer(content: content, marks: staleMarks(moment))
    }
}

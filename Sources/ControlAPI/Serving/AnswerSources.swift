import ClusterCore
import ControlPlane
import Logging

/// What answers are made from.
struct AnswerSources: Sendable {
    let configuration: ControlAPIConfiguration
    let control: any ClusterControl
    let serving: ServingState
    /// One for each reactor; summed where it is shown.
    let traffic: [TrafficFacts]
    let startedAt: ContinuousClock.Instant
    let logger: Logger

    /// The nodes one may pin now, by the table that routes, with the names that people know.
    var pinnableNodes: [PinnableNode] {
        let table = control.routingTable
        let names = Dictionary(
            control.state.nodes.map { ($0.record.id, $0.record.name) }, uniquingKeysWith: { first, _ in first })
        return table.nodes.filter(\.acceptsPins).map { PinnableNode(id: $0.id, name: names[$0.id] ?? "") }
    }
}

extension ClusterState {
    /// Whether the state shown is older than the last attempt to read it: the database is away, or refuses us.
    var isStale: Bool { !database.isReachable || database.lastRead == nil || database.lastError != nil }

    /// What a state endpoint adds when it answers from the last table (API.md).
    func staleMarks(_ moment: Moment) -> [JSON.Field] {
        guard isStale else { return [] }
        return ClusterState.staleMarks(isReachable: database.isReachable, since: moment.text(database.since))
    }

    static func staleMarks(isReachable: Bool, since: String) -> [JSON.Field] {
        let view: JSON = ["reachable": .bool(isReachable), "since": .string(since)]
        return [JSON.Field("stale", true), JSON.Field("database", view)]
    }
}

import ClusterCore
import ControlPlane

/// What answers are made from.
struct AnswerSources: Sendable {
    let configuration: ControlAPIConfiguration
    let control: any ClusterControl
    let serving: ServingState
    /// One for each reactor; summed where it is shown.
    let traffic: [TrafficFacts]
    let startedAt: ContinuousClock.Instant

    /// The nodes one may pin now, by the table that routes, with the names that people know.
    var pinnableNodes: [PinnableNode] {
        let table = control.routingTable
        let names = Dictionary(
            control.state.nodes.map { ($0.record.id, $0.record.name) }, uniquingKeysWith: { first, _ in first })
        return table.nodes.filter(\.acceptsPins).map { PinnableNode(id: $0.id, name: names[$0.id] ?? "") }
    }
}

extension ClusterState {
    /// What a state endpoint adds when it answers from the last table because the database is away (API.md).
    func staleMarks(_ moment: Moment) -> [JSON.Field] {
        guard !database.isReachable else { return [] }
        return [
            JSON.Field("stale", true),
            JSON.Field("database", ["reachable": false, "since": .string(moment.text(database.since))]),
        ]
    }
}

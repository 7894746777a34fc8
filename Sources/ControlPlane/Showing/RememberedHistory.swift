package import ClusterCore
package import ClusterStore

/// The newest rows of the history and of the journal, as last read: what is shown while the database is away.
package struct RememberedHistory: Sendable {
    /// Of each; `/lb/health-status` shows as many.
    package static let rows = 100

    /// Newest first.
    package var events: [RecordedEvent] = []
    /// Newest first.
    package var moves: [RecordedMove] = []

    package init() {}

    /// Of what is remembered, the page that the query asks for.
    package func events(_ query: EventQuery) -> [RecordedEvent] {
        let fitting = events.lazy.filter { recorded in
            recorded.id < query.before ?? .max
                && query.node.map { recorded.event.node == $0 } ?? true
                && query.kind.map { recorded.event.kind == $0 } ?? true
        }
        return Array(fitting.prefix(query.limit))
    }

    /// Of what is remembered, the page that the query asks for.
    package func moves(_ query: MoveQuery) -> [RecordedMove] {
        let fitting = moves.lazy.filter { move in
            move.id < query.before ?? .max && query.reason.map { move.reason == $0 } ?? true
                && query.node.map { [move.from, move.to].contains(NodeReference($0)) } ?? true
        }
        return Array(fitting.prefix(query.limit))
    }
}

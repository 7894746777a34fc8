package import ClusterCore

package struct EventQuery: Sendable, Equatable {
    /// 1 to `HistoryLimits.page`.
    package var limit: Int
    /// Only events with a smaller id.
    package var before: Int64?
    package var node: NodeID?
    package var kind: ClusterEvent.Kind?

    package init(limit: Int = 100, before: Int64? = nil, node: NodeID? = nil, kind: ClusterEvent.Kind? = nil) {
        self.limit = limit
        self.before = before
        self.node = node
        self.kind = kind
    }
}

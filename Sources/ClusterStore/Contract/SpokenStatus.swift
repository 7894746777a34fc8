package import ClusterCore

/// What a balancer says of a silent node.
package struct SpokenStatus: Sendable, Equatable {
    package let node: NodeID
    package let status: NodeStatus
    package let okStreak: Int
    package let failStreak: Int
    /// At most `TextLimits.nodeDetail` scalars; longer texts are cut.
    package let detail: String
    /// `REPORT_TTL`: the silence that entitles the balancer to speak.
    package let silentFor: Duration

    package init(
        node: NodeID, status: NodeStatus, okStreak: Int, failStreak: Int, detail: String, silentFor: Duration
    ) {
        self.node = node
        self.status = status
        self.okStreak = okStreak
        self.failStreak = failStreak
        self.detail = TextLimits.cut(detail, to: TextLimits.nodeDetail)
        self.silentFor = silentFor
    }
}

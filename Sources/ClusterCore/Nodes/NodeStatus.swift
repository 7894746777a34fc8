/// What the cluster holds of a node's health: the `status` column, in Kuma's spelling.
package enum NodeStatus: String, Sendable, CaseIterable {
    /// Healthy for at least `rise` checks in a row: runs its monitors and gets traffic.
    case online
    /// Was offline and answers again, but not yet often enough to be trusted.
    case recovering
    /// Failed `fall` checks in a row, or fell silent and nobody could reach it.
    case offline

    /// - Throws: `UnknownNodeStatus`; a status nobody knows is an error, never a fallback.
    package init(column text: String, of node: NodeID) throws(UnknownNodeStatus) {
        guard let status = NodeStatus(rawValue: text) else { throw UnknownNodeStatus(text: text, node: node) }
        self = status
    }
}

/// The `status` column holds a word that neither Kuma nor we write.
package struct UnknownNodeStatus: Error, Equatable, CustomStringConvertible {
    /// The word as it stands; empty for NULL.
    package let text: String
    package let node: NodeID

    package var description: String {
        "node \(node) has status \"\(text)\": expected online, recovering or offline"
    }
}

/// What the agent beside a node says of it, in the `agent_health` column.
package enum AgentHealth: String, Sendable, CaseIterable {
    case healthy
    /// Kuma answers and says that its *database* is unhealthy: all nodes would fail together, so this kills none.
    case degraded
    case unhealthy
    /// The agent went away on purpose (SIGTERM): the balancer speaks for the node at once.
    case detached
}

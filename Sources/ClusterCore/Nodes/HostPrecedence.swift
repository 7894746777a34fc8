/// Whose word on a node's `host` column stands, where agent and row disagree.
package enum HostPrecedence: Sendable, Equatable {
    /// The row's: the agent has only guessed, and fills an empty column.
    case row
    /// The agent's: a person has set `NODE_HOST`.
    case agent
}

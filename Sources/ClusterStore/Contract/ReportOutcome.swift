package import ClusterCore

package enum ReportOutcome: Sendable, Equatable {
    case written
    /// The row did not exist; it does now.
    case registered
    /// Another live agent reports for this node id; nothing was written.
    case conflict(with: AgentInstance, age: Duration)
}

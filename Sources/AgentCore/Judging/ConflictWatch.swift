package import ClusterCore
package import ClusterStore

/// Tells a second live agent from the shadow of a dead one. An agent that was killed and started again meets its
/// predecessor's report for up to `AgentReport.ownershipTTL`; only reports that go on after that come from a living rival.
package struct ConflictWatch: Sendable {
    /// What the last beat says of other agents of the same node.
    package enum Verdict: Equatable, Sendable {
        /// Nobody else reports.
        case clear
        /// Somebody else's report is still fresh; it may be the last of a dead agent.
        case waiting
        /// First time that a rival is proven.
        case proven(AgentInstance)
        /// Known already.
        case ongoing
        /// The rival is gone.
        case ended
    }

    private let patience: Duration
    private var first: (other: AgentInstance, at: ContinuousClock.Instant)?
    private var isProven = false

    /// - Parameter patience: how long reports must go on; at least `AgentReport.ownershipTTL` outside of tests.
    package init(patience: Duration) { self.patience = patience }

    /// Takes what became of a beat. One that the row took ends every suspicion; before a rival is proven, another one than
    /// before starts the patience anew.
    package mutating func record(_ outcome: ReportOutcome, now: ContinuousClock.Instant) -> Verdict {
        switch outcome {
        case .written, .registered:
            defer {
                first = nil
                isProven = false
            }
            return isProven ? .ended : .clear
        case .conflict(let other, _):
            if isProven { return .ongoing }
            guard let first, first.other == other else {
                self.first = (other, now)
                return .waiting
            }
            guard now - first.at > patience else { return .waiting }
            isProven = true
            return .proven(other)
        }
    }
}

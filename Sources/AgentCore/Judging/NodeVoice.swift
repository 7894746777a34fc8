import ClusterCore
package import ClusterStore

/// Whether this agent, and no other, speaks for the node: the database took its last beat, and so lately that no other
/// agent can have taken the row over since – not even while this process stood still. And whether another spoke just
/// before: its last call to Kuma may still run.
package struct NodeVoice: Sendable {
    private var reportedAt: ContinuousClock.Instant?
    private var hasPredecessor = false

    package init() {}

    /// - Parameter lastReport: how long ago anybody reported for the node before this agent's first beat; nil: never.
    package mutating func follows(_ lastReport: Duration?) {
        if let lastReport, lastReport < ReconcilePlanner.Limits.longestCall { hasPredecessor = true }
    }

    /// - Parameter sentAt: before the beat was sent: the database counts from a later moment.
    package mutating func record(_ outcome: ReportOutcome, sentAt: ContinuousClock.Instant) {
        switch outcome {
        case .written, .registered: reportedAt = sentAt
        case .conflict:
            reportedAt = nil
            hasPredecessor = true
        }
    }

    /// A beat failed: another agent may have taken over meanwhile.
    package mutating func reportFailed() { reportedAt = nil }

    /// Whether the last beat was taken by the row, and sent no longer ago than `AgentReport.ownershipTTL`: until then no other
    /// agent may take the row.
    package func speaks(now: ContinuousClock.Instant) -> Bool {
        reportedAt.map { now - $0 <= AgentReport.ownershipTTL } ?? false
    }

    /// True once after another agent's time.
    package mutating func takesOver() -> Bool {
        defer { hasPredecessor = false }
        return hasPredecessor
    }
}

import ClusterStore

/// Whether this agent, and no other, speaks for the node: the database took its last beat, and so lately that no other
/// agent can have taken the row over since – not even while this process stood still.
package struct NodeVoice: Sendable {
    private var heardAt: ContinuousClock.Instant?

    package init() {}

    /// - Parameter at: before the beat was sent: the database counts from a later moment.
    package mutating func heard(at moment: ContinuousClock.Instant) { heardAt = moment }

    package mutating func notHeard() { heardAt = nil }

    package func isHeard(now: ContinuousClock.Instant) -> Bool {
        heardAt.map { now - $0 <= AgentReport.ownershipTTL } ?? false
    }
}

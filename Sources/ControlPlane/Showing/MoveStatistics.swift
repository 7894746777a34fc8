package import ClusterCore

/// Monitors that this balancer moved as the leader, since its start.
package struct MoveStatistics: Sendable, Equatable {
    /// By reason, one that never came up is missing; a monitor counts with each move.
    package var moved: [MoveReason: Int] = [:]
    /// Put back to where they were.
    package var returned = 0

    package init() {}
}

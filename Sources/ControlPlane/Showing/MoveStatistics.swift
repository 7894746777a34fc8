package import ClusterCore

/// Monitors that this balancer moved as the leader, since its start.
package struct MoveStatistics: Sendable, Equatable {
    package var moved: [MoveReason: Int] = [:]
    package var returned = 0

    package init() {}
}

import ClusterCore
import ClusterStore

/// What one pass learned, for everybody who shows or routes by it.
package struct PassReport: Sendable {
    /// When in a pass it is made.
    enum Occasion: Sendable {
        /// The poll is read.
        case polled
        case ended
        case failed
    }

    var occasion = Occasion.failed
    /// Nil before the first good poll.
    var snapshot: ClusterSnapshot?
    /// When it was made: a pass may hang in the database while the lease runs out.
    var madeAt: ContinuousClock.Instant
    var database: DatabaseSnapshot
    var leadership: LeadershipSnapshot
    var silent: Set<NodeID>
    var flaps: [NodeID: Int]
    var passes = PassStatistics()
    var moves = MoveStatistics()
    var jobs: [RebalanceJob] = []
    var history = RememberedHistory()
}

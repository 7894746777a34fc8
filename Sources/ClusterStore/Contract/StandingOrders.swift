package import ClusterCore

/// What people have asked of whoever leads, as a poll found it.
package struct StandingOrders: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        case tables
        /// A table of ours is missing, such as in the middle of a restore: nobody knows what was asked for.
        case unreadable
    }

    package var source = Source.tables
    /// Set also when its time is over and nobody has cleared it yet.
    package var pause: PauseState?
    /// The one active job.
    package var job: RebalanceJob?

    package init(pause: PauseState? = nil, job: RebalanceJob? = nil) {
        self.pause = pause
        self.job = job
    }

    /// The pause that is in force.
    package var activePause: PauseState? { pause.flatMap { $0.isOver ? nil : $0 } }
}

/// Automatic moves are stopped.
package struct PauseState: Sendable, Equatable {
    /// Who paused, for people.
    package let by: String
    package let reason: String
    /// When it ends by itself, since 1970, UTC; nil: when a person resumes.
    package let until: Duration?
    /// Until then, by the database's clock as of the poll.
    package let remaining: Duration?

    package init(by: String, reason: String, until: Duration? = nil, remaining: Duration? = nil) {
        self.by = by
        self.reason = reason
        self.until = until
        self.remaining = remaining
    }

    package var isOver: Bool { remaining.map { $0 <= .zero } ?? false }
}

package struct PauseOrder: Sendable, Equatable {
    /// At most `TextLimits.nodeDetail` scalars each; longer texts are cut.
    package let by: String
    package let reason: String
    /// Since 1970, UTC, to the millisecond; nil: until a person resumes.
    package let until: Duration?

    package init(by: String, reason: String, until: Duration? = nil) {
        self.by = TextLimits.cut(by, to: TextLimits.nodeDetail)
        self.reason = TextLimits.cut(reason, to: TextLimits.nodeDetail)
        self.until = until
    }
}

/// Which pauses an order to resume ends.
package enum PauseEnd: Sendable, Equatable {
    /// By a person's order.
    case any
    /// Only one whose time is over.
    case overdue
}

/// One row of the journal, for people.
package struct RecordedMove: Sendable, Equatable {
    package let id: Int64
    package let monitor: MonitorID
    package let from: NodeReference
    package let to: NodeReference
    package let previousAssigned: NodeReference?
    package let reason: MoveReason
    /// ISO-8601 UTC with milliseconds, by the database's clock.
    package let movedAt: String
    /// Nil while the monitor is away from home.
    package let closedAt: String?
    package let outcome: MoveOutcome?

    package init(
        id: Int64, monitor: MonitorID, from: NodeReference, to: NodeReference, previousAssigned: NodeReference?,
        reason: MoveReason, movedAt: String, closedAt: String?, outcome: MoveOutcome?
    ) {
        self.id = id
        self.monitor = monitor
        self.from = from
        self.to = to
        self.previousAssigned = previousAssigned
        self.reason = reason
        self.movedAt = movedAt
        self.closedAt = closedAt
        self.outcome = outcome
    }
}

package struct MoveQuery: Sendable, Equatable {
    /// 1 to `HistoryLimits.page`.
    package var limit: Int
    /// Only entries with a smaller id.
    package var before: Int64?
    /// Moved away from it or to it.
    package var node: NodeID?
    package var reason: MoveReason?

    package init(limit: Int = 100, before: Int64? = nil, node: NodeID? = nil, reason: MoveReason? = nil) {
        self.limit = limit
        self.before = before
        self.node = node
        self.reason = reason
    }
}

package import ClusterCore

/// What people have asked of whoever leads, as a poll found it.
package struct StandingOrders: Sendable, Equatable {
    /// Whether the tables say what was asked for.
    package enum Source: Sendable, Equatable {
        case tables
        /// A table of ours is missing, such as in the middle of a restore: nobody knows what was asked for.
        case unreadable
    }

    /// While it is `.unreadable`, `pause` and `job` are nil and that means nothing: nothing may be moved.
    package var source = Source.tables
    /// Set also when its time is over and nobody has cleared it yet.
    package var pause: Pause?
    /// The one active job.
    package var job: RebalanceJob?

    package init(pause: Pause? = nil, job: RebalanceJob? = nil) {
        self.pause = pause
        self.job = job
    }

    /// The pause that is in force.
    package var activePause: Pause? { pause.flatMap { $0.isOver ? nil : $0 } }
}

/// Automatic moves are stopped.
package struct Pause: Sendable, Equatable {
    /// Who paused, for people.
    package let by: String
    /// As the person gave it, cut as in `PauseOrder`; may be empty.
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

    /// Whether its time was over when it was polled; never for one without an end.
    package var isOver: Bool { remaining.map { $0 <= .zero } ?? false }
}

/// A person's request that nothing be moved. It takes the place of a pause that stands, its end included.
package struct PauseOrder: Sendable, Equatable {
    /// At most `TextLimits.nodeDetail` scalars each; longer texts are cut.
    package let by: String
    /// May be empty; cut like `by`.
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

/// A rebalancing that somebody asked for: one row of `cluster_job`. At most one is active in the whole cluster.
///
/// Whichever balancer takes the request writes the row; the leader finds it with its next poll and does it. So an action
/// works at every balancer without a redirect to one that the client may not be able to reach, and a job survives the
/// balancer that took it and every leader that works on it.
package struct RebalanceJob: Sendable, Equatable {
    /// The `state` column. It ends in one of the last three and never leaves that again.
    package enum State: String, Sendable, CaseIterable {
        /// No leader has begun.
        case pending
        /// A leader has begun a batch; from then on whoever leads goes on with it.
        case running
        /// Nothing is left that it may move.
        case done
        /// By a person; what was moved before stays where it is.
        case cancelled
        /// `error` says why; what was moved before stays where it is.
        case failed
    }

    /// The table's key: a later job has a higher one.
    package let id: Int64
    package let kind: RebalanceKind
    package var state: State
    /// Who asked, for people.
    package let requestedBy: String
    /// Planned when it was asked for; a job never moves more than that, whatever happens meanwhile.
    package let total: Int
    /// Monitors that have another home by it, counted in the transaction that moves them.
    package var moved: Int
    /// It ends after the batch under way.
    package var isCancelled: Bool
    /// ISO-8601 UTC with milliseconds, by the database's clock; so are the others.
    package let requestedAt: String
    /// Nil before the first batch, and for good when it ended without one.
    package var startedAt: String?
    /// Nil while it is active.
    package var finishedAt: String?
    /// Why it failed.
    package var error: String?

    package init(
        id: Int64, kind: RebalanceKind, state: State, requestedBy: String, total: Int, moved: Int = 0,
        isCancelled: Bool = false, requestedAt: String, startedAt: String? = nil, finishedAt: String? = nil,
        error: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.requestedBy = requestedBy
        self.total = total
        self.moved = moved
        self.isCancelled = isCancelled
        self.requestedAt = requestedAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.error = error
    }

    /// Whether a leader has still to work on it; also of one that is cancelled and not ended yet.
    package var isActive: Bool {
        switch state {
        case .pending, .running: true
        case .done, .cancelled, .failed: false
        }
    }

    /// How many its leader may still move: by the plan of when it was asked for, whatever there is to move by now. Never
    /// below zero.
    package var remaining: Int { max(total - moved, 0) }
}

/// A job to be written: what a person asked for, with the size of the plan that was made of it.
package struct RebalanceOrder: Sendable, Equatable {
    package let kind: RebalanceKind
    /// The most that may be moved: what the plan says.
    package let total: Int
    /// At most `TextLimits.nodeDetail` scalars; longer texts are cut.
    package let requestedBy: String

    package init(kind: RebalanceKind, total: Int, requestedBy: String) {
        self.kind = kind
        self.total = total
        self.requestedBy = TextLimits.cut(requestedBy, to: TextLimits.nodeDetail)
    }
}

/// What came of one batch.
package enum RebalanceStep: Sendable, Equatable {
    /// These have another home now; a monitor that is no longer where the plan saw it is passed over.
    case moved([MonitorID])
    /// The job was cancelled, or is over: nothing was written.
    case stopped
}

/// How a job ends.
package enum RebalanceEnd: Sendable, Equatable {
    case done
    case cancelled
    case failed(reason: String)

    /// What the row's `state` becomes.
    package var state: RebalanceJob.State {
        switch self {
        case .done: .done
        case .cancelled: .cancelled
        case .failed: .failed
        }
    }

    /// What the row keeps.
    package var error: String? {
        switch self {
        case .done, .cancelled: nil
        case .failed(let reason): TextLimits.cut(reason, to: TextLimits.eventDetail)
        }
    }
}

package enum JobLimits {
    /// Finished jobs kept for people; older ones are trimmed.
    package static let kept = 100
}

package import ClusterCore

/// How much the history and the closed entries of the journal may grow, and how much of them goes into one answer.
package enum HistoryLimits {
    /// Rows kept in `cluster_event`; older ones are trimmed.
    package static let events = 10_000
    /// Ids behind the newest one up to which `cluster_move` keeps closed entries: ten moves of all monitors of a big cluster
    /// (10 000), about 20 MB. Older ones are dropped even within their month.
    package static let moves = 100_000
    /// Most rows one query returns.
    package static let page = 1_000
}

/// Which events a page of the history shows. Every condition that is set must hold.
package struct EventQuery: Sendable, Equatable {
    /// 1 to `HistoryLimits.page`.
    package var limit: Int
    /// Only events with a smaller id.
    package var before: Int64?
    /// Only events about this node; nil: also those about none.
    package var node: NodeID?
    /// Nil: every kind that this version knows.
    package var kind: ClusterEvent.Kind?

    package init(limit: Int = 100, before: Int64? = nil, node: NodeID? = nil, kind: ClusterEvent.Kind? = nil) {
        self.limit = limit
        self.before = before
        self.node = node
        self.kind = kind
    }
}

/// One row of the journal, for people.
package struct RecordedMove: Sendable, Equatable {
    /// The journal's key; the numbers have gaps on Galera.
    package let id: Int64
    package let monitor: MonitorID
    /// Who ran it before the first move of this absence, also when it was moved on; of a rebalancing, who ran it until then.
    package let from: NodeReference
    package let to: NodeReference
    /// Its `assigned_node` before the first move of this absence, nil for none: what a return restores. Of a rebalancing, which
    /// nothing restores, the one of ours that it ended.
    package let previousAssigned: NodeReference?
    package let reason: MoveReason
    /// ISO-8601 UTC with milliseconds, by the database's clock.
    package let movedAt: String
    /// Nil while the monitor is away from home.
    package let closedAt: String?
    /// Nil while the entry is open, and where a later version wrote a word that we do not know.
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

/// Which entries a page of the journal shows. Every condition that is set must hold.
package struct MoveQuery: Sendable, Equatable {
    /// 1 to `HistoryLimits.page`.
    package var limit: Int
    /// Only entries with a smaller id.
    package var before: Int64?
    /// Moved away from it or to it.
    package var node: NodeID?
    /// Nil: every reason that this version knows.
    package var reason: MoveReason?

    package init(limit: Int = 100, before: Int64? = nil, node: NodeID? = nil, reason: MoveReason? = nil) {
        self.limit = limit
        self.before = before
        self.node = node
        self.reason = reason
    }
}

/// How many monitors are moved at once.
package enum MoveLimits {
    /// Monitors in one transaction: bounds lock time (about 0.2 s of the database's work) and Galera write sets.
    /// Of a busy database a transaction costs ten waits for its turn, however few it moves.
    package static let batch = 5_000
    /// Monitors in one step of a job, between which it may be cancelled and says how far it is.
    package static let step = 1_000

    /// - Throws: `.refused` above `batch`: the caller must cut its work.
    package static func check(_ count: Int) throws(StoreError) {
        guard count <= batch else { throw .refused(code: 0, reason: "\(count) moves in one batch of at most \(batch)") }
    }
}

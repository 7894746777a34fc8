package import ClusterCore

/// How a journal entry was closed: the `closed_as` column.
package enum MoveOutcome: String, Sendable, CaseIterable {
    /// The monitor is back where it was.
    case returned
    /// We moved it on; a newer entry carries what to restore.
    case superseded
    /// A person changed `assigned_node` after us; their choice stands.
    case overridden
    /// The monitor was deleted.
    case gone
    /// Closed without touching the monitor: it is no longer where we put it, or has no home to return to.
    case forgotten
    /// Never meant to return: a rebalance.
    case permanent
}

/// What moving one monitor writes. Decided here for every store, so that both hold the same journal.
package struct MoveDecision: Equatable {
    /// The open entry that ends with this move.
    package struct Closing: Equatable {
        /// The journal's key.
        package let entry: Int64
        package let outcome: MoveOutcome
    }

    package let monitor: MonitorID
    /// The new `assigned_node`.
    package let to: NodeID
    /// Who ran the monitor before the first move of this absence.
    package let from: NodeReference
    /// What a return restores.
    package let previousAssigned: NodeReference?
    package let reason: MoveReason
    /// The entry that was open until now.
    package let closing: Closing?

    /// Nil when the monitor is no longer where the plan saw it.
    /// - Parameters:
    ///   - row: the monitor as it is now, under lock.
    ///   - open: its open journal entry.
    package init?(_ move: PlannedMove, row: MonitorAssignment, open: OpenMove?) {
        guard row.effective == move.from, let current = row.effective else { return nil }
        monitor = row.id
        to = move.to
        reason = move.reason
        guard let open else {
            (from, previousAssigned, closing) = (current, row.assigned, nil)
            return
        }
        let isStillOurs = row.assigned?.text == open.to.text
        if isStillOurs {
            (from, previousAssigned) = (open.from, open.previousAssigned)
            closing = Closing(entry: open.id, outcome: .superseded)
        } else {
            (from, previousAssigned) = (current, row.assigned)
            closing = Closing(entry: open.id, outcome: .overridden)
        }
    }

    /// Whether the new entry waits for a return.
    package var opensEntry: Bool {
        switch reason.effect {
        case .absence: true
        case .newHome: false
        }
    }
}

/// What putting one monitor back writes.
package enum ReturnDecision: Equatable {
    /// Set `assigned_node` to this again, and close the entry as returned.
    case restore(NodeReference?)
    /// Leave the monitor, and close the entry.
    case close(MoveOutcome)

    /// - Parameter row: the monitor as it is now, under lock; nil when it was deleted.
    package init(_ entry: OpenMove, row: MonitorAssignment?) {
        guard let row else {
            self = .close(.gone)
            return
        }
        guard row.assigned?.text == entry.to.text else {
            self = .close(.overridden)
            return
        }
        // A person made the home NULL meanwhile: going "back" would stop the monitor.
        self = entry.previousAssigned ?? row.home == nil ? .close(.forgotten) : .restore(entry.previousAssigned)
    }
}

/// Which node a monitor belongs to, as the `monitor` table says.
package struct MonitorAssignment: Hashable, Sendable {
    package let id: MonitorID
    /// `active`: Kuma runs no paused monitor, wherever it is assigned.
    package var isActive: Bool
    /// `node_id`, the home.
    package var home: NodeReference?
    /// `assigned_node`, the override: a person's choice or our failover.
    package var assigned: NodeReference?

    package init(id: MonitorID, isActive: Bool = true, home: NodeReference?, assigned: NodeReference? = nil) {
        self.id = id
        self.isActive = isActive
        self.home = home
        self.assigned = assigned
    }

    /// Who runs it: `assigned_node`, else `node_id` (<doc:FactsAboutKuma>). Nil is "NA": nobody, as a person decided.
    package var effective: NodeReference? { assigned ?? home }
}

/// A cheap summary of all assignments that changes when any of them does, so that the full map is re-read only then.
package struct AssignmentFingerprint: Hashable, Sendable {
    /// Rows of the `monitor` table, paused monitors included.
    package let count: Int
    /// Over each row's id, `active`, home and assignment, whatever their order. Made by the store, and compared only with
    /// its own.
    package let checksum: UInt64

    package init(count: Int, checksum: UInt64) {
        self.count = count
        self.checksum = checksum
    }
}

/// One monitor to take from one node to another.
package struct PlannedMove: Hashable, Sendable {
    package let monitor: MonitorID
    /// The node (or the name of none) that runs it now: the move takes effect only while this is still so.
    package let from: NodeReference
    package let to: NodeID
    package let reason: MoveReason

    package init(monitor: MonitorID, from: NodeReference, to: NodeID, reason: MoveReason) {
        self.monitor = monitor
        self.from = from
        self.to = to
        self.reason = reason
    }
}

/// An open journal entry: a monitor that we moved and have neither returned nor given up.
package struct OpenMove: Hashable, Sendable {
    /// The journal's key.
    package let id: Int64
    package let monitor: MonitorID
    /// Who ran it before the first move of this absence.
    package let from: NodeReference
    /// Where we put it last.
    package let to: NodeID
    /// `assigned_node` before we touched it; what a return restores, nil included.
    package let previousAssigned: NodeReference?
    /// Nil where a later version wrote a word that we do not know.
    package let reason: MoveReason?

    package init(
        id: Int64, monitor: MonitorID, from: NodeReference, to: NodeID, previousAssigned: NodeReference?,
        reason: MoveReason?
    ) {
        self.id = id
        self.monitor = monitor
        self.from = from
        self.to = to
        self.previousAssigned = previousAssigned
        self.reason = reason
    }
}

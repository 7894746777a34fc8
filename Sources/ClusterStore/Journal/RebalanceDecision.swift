package import ClusterCore

/// What giving one monitor another home writes: `node_id`, no override, and a journal entry that is closed at once.
package struct RebalanceDecision: Equatable {
    package let monitor: MonitorID
    /// Its new home.
    package let to: NodeID
    /// Who runs it now, whatever its home was.
    package let from: NodeReference
    /// Its override until now, which is one of ours; nil for none. Nobody restores it: the entry says what was.
    package let previousAssigned: NodeReference?
    package let reason: MoveReason
    /// The entry that was open until now.
    package let closing: MoveDecision.Closing?

    /// Nil when the monitor is no longer where the plan saw it, or when a person has assigned it: an assignment that no
    /// open entry of ours accounts for is never overwritten, nor is one of a later version.
    /// - Parameters:
    ///   - row: the monitor as it is now, under lock.
    ///   - open: its open journal entry.
    package init?(_ move: PlannedMove, row: MonitorAssignment, open: OpenMove?) {
        guard row.effective == move.from, let current = row.effective else { return nil }
        let isOurs = open.map { $0.reason != nil && row.assigned?.text == $0.to.text } ?? false
        guard row.assigned == nil || isOurs else { return nil }
        monitor = row.id
        to = move.to
        from = current
        previousAssigned = row.assigned
        reason = move.reason
        closing = open.map { MoveDecision.Closing(entry: $0.id, outcome: isOurs ? .superseded : .overridden) }
    }
}

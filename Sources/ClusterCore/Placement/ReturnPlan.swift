/// Which of the monitors that we moved go back, and which journal entries are settled without touching the monitor.
///
/// A return restores exactly what a monitor's `assigned_node` was, once the node it thereby returns to has been stable
/// for its hold – or at once when the node that runs it now is lost, because running there beats waiting here.
package struct ReturnPlan: Sendable, Equatable {
    /// Of monitors that nobody runs, or that stay where they run: they go at once.
    package let returns: [OpenMove]
    /// Of monitors that somebody runs.
    package let planned: [PlannedReturn]
    /// A person changed the assignment since, or the monitor is gone: no longer ours to touch.
    package let forgets: [OpenMove]

    /// A return of a monitor that runs.
    package struct PlannedReturn: Sendable, Equatable {
        package let move: OpenMove
        package let leg: PlannedMovePacer.Leg

        package init(move: OpenMove, leg: PlannedMovePacer.Leg) {
            self.move = move
            self.leg = leg
        }
    }

    /// - Parameters:
    ///   - open: the journal's open entries.
    ///   - assignments: all monitors, ascending by id.
    ///   - ownership: every registered node's.
    ///   - stable: nodes that have been fit for their whole hold.
    ///   - orphans: whether a node that is not in `ownership` is known not to exist.
    package init(
        open: [OpenMove], assignments: [MonitorAssignment], ownership: [NodeReference: Ownership],
        stable: Set<NodeReference>, orphans: FailoverPlan.OrphanRule = .rescue
    ) {
        var returns: [OpenMove] = []
        var planned: [PlannedReturn] = []
        var forgets: [OpenMove] = []
        for move in open {
            switch ReturnPlan.decide(
                move, ReturnPlan.find(move.monitor, in: assignments), ownership, stable, orphans)
            {
            case .wait: continue
            case .goHome: returns.append(move)
            case .goHomeFromWork(let leg): planned.append(PlannedReturn(move: move, leg: leg))
            case .forget: forgets.append(move)
            }
        }
        self.returns = returns
        self.planned = planned
        self.forgets = forgets
    }

    private enum Decision {
        case wait, goHome, forget
        case goHomeFromWork(PlannedMovePacer.Leg)
    }

    private static func decide(
        _ move: OpenMove, _ monitor: MonitorAssignment?, _ ownership: [NodeReference: Ownership],
        _ stable: Set<NodeReference>, _ orphans: FailoverPlan.OrphanRule
    ) -> Decision {
        // Of a later version: only whoever made the move knows whether it is to be undone.
        guard let reason = move.reason else { return .wait }
        switch reason.effect {
        case .absence: break
        case .newHome: return .wait
        }
        let current = NodeReference(move.to)
        guard let monitor, monitor.assigned == current else { return .forget }
        // Nothing to return to: a person made the home NULL meanwhile. Going "back" would stop the monitor.
        guard let destination = move.previousAssigned ?? monitor.home else { return .forget }
        if destination == current { return .goHome }
        switch ownership[destination] {
        case .lost, .retiring, .wavering, .reserve, .untouched, nil: return .wait
        case .fit: break
        }
        let fromWork: Decision =
            monitor.isActive ? .goHomeFromWork(PlannedMovePacer.Leg(from: current, to: destination)) : .goHome
        switch ownership[current] {
        case .lost: return .goHome
        case .retiring: return fromWork
        case .fit, .wavering, .reserve: return stable.contains(destination) ? fromWork : .wait
        case .untouched: return .wait
        case nil:
            switch orphans {
            case .rescue: return .goHome
            case .leave: return stable.contains(destination) ? fromWork : .wait
            }
        }
    }

    private static func find(_ id: MonitorID, in assignments: [MonitorAssignment]) -> MonitorAssignment? {
        var (low, high) = (0, assignments.count)
        while low < high {
            let middle = (low + high) / 2
            if assignments[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < assignments.count && assignments[low].id == id ? assignments[low] : nil
    }
}

/// Which of the monitors that we moved go back, and which journal entries are settled without touching the monitor.
///
/// A return restores exactly what a monitor's `assigned_node` was, once the node it thereby returns to has been stable
/// for its hold – or at once when the node that runs it now is lost, because running there beats waiting here.
package struct ReturnPlan: Sendable, Equatable {
    package let returns: [OpenMove]
    /// A person changed the assignment since, or the monitor is gone: no longer ours to touch.
    package let forgets: [OpenMove]

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
        var forgets: [OpenMove] = []
        for move in open {
            switch ReturnPlan.decide(
                move, ReturnPlan.find(move.monitor, in: assignments), ownership, stable, orphans)
            {
            case .wait: continue
            case .goHome: returns.append(move)
            case .forget: forgets.append(move)
            }
        }
        self.returns = returns
        self.forgets = forgets
    }

    private enum Decision { case wait, goHome, forget }

    private static func decide(
        _ move: OpenMove, _ monitor: MonitorAssignment?, _ ownership: [NodeReference: Ownership],
        _ stable: Set<NodeReference>, _ orphans: FailoverPlan.OrphanRule
    ) -> Decision {
        switch move.reason {
        case .failover, .drain: break
        // Those change where a monitor lives; nothing is to be returned.
        case .rebalance, .force: return .wait
        }
        let current = NodeReference(move.to)
        guard let monitor, monitor.assigned == current else { return .forget }
        // Nothing to return to: a person made the home NULL meanwhile. Going "back" would stop the monitor.
        guard let destination = move.previousAssigned ?? monitor.home else { return .forget }
        if destination == current { return .goHome }
        switch ownership[destination] {
        case .lost, .wavering, .draining, nil: return .wait
        case .fit: break
        }
        if stable.contains(destination) { return .goHome }
        switch ownership[current] {
        case .lost: return .goHome
        case .fit, .wavering, .draining: return .wait
        case nil:
            switch orphans {
            case .rescue: return .goHome
            case .leave: return .wait
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

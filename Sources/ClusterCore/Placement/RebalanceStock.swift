/// Which monitors a rebalancing may move and what it has to count, by fit node.
///
/// Two kinds of monitors are counted and never moved: those a person assigned (`assigned_node` without an open journal entry
/// of ours, or the choice of a person that a failover interrupted), and, unless they are to settle, those of ours that go home
/// by themselves. Of both, what goes back to a fit node is counted there, wherever it runs now. Nothing else that runs on a
/// node that is not fit is looked at: the mover looks after lost and retiring nodes, a wavering one and one in reserve keep
/// theirs, and an untouched one is left alone.
struct RebalanceStock {
    /// What becomes of monitors that a failover or a maintenance put where they are.
    enum VisitorRule {
        /// They go home by themselves once their home is stable.
        case awaitHome
        /// They settle wherever the plan puts them.
        case settle
    }

    struct Shelf {
        let node: NodeID
        /// Counted, never moved.
        var fixed = 0
        /// Ascending by id.
        var movable: [MonitorAssignment] = []

        var count: Int { fixed + movable.count }
    }

    private enum Place {
        case movable(at: NodeReference)
        /// By a person's decision.
        case kept(at: NodeReference)
        case fixed(at: NodeReference)
        case elsewhere
    }

    /// The fit nodes, ascending by id.
    private(set) var shelves: [Shelf]
    /// Monitors that stay because a person assigned them.
    private(set) var kept = 0

    /// - Parameters:
    ///   - assignments: all monitors, ascending by id.
    ///   - open: the journal's open entries.
    ///   - orphans: whether a node that is not in `ownership` is known not to exist.
    init(
        assignments: [MonitorAssignment], open: [OpenMove], ownership: [NodeReference: Ownership],
        orphans: FailoverPlan.OrphanRule, rule: VisitorRule
    ) {
        let nodes = ownership.compactMap { reference, found in found == .fit ? reference.nodeID : nil }.sorted()
        shelves = nodes.map { Shelf(node: $0) }
        let index = Dictionary(nodes.enumerated().map { (NodeReference($1), $0) }) { first, _ in first }
        let entries = Dictionary(open.map { ($0.monitor, $0) }) { first, _ in first }
        for monitor in assignments where monitor.isActive {
            switch RebalanceStock.place(of: monitor, entry: entries[monitor.id], ownership, orphans, rule) {
            case .movable(let node):
                if let shelf = index[node] { shelves[shelf].movable.append(monitor) }
            case .kept(let node):
                guard let shelf = index[node] else { continue }
                shelves[shelf].fixed += 1
                kept += 1
            case .fixed(let node):
                if let shelf = index[node] { shelves[shelf].fixed += 1 }
            case .elsewhere: continue
            }
        }
    }

    private static func place(
        of monitor: MonitorAssignment, entry: OpenMove?, _ ownership: [NodeReference: Ownership],
        _ orphans: FailoverPlan.OrphanRule, _ rule: VisitorRule
    ) -> Place {
        guard let current = monitor.effective else { return .elsewhere }
        guard let assigned = monitor.assigned else { return .movable(at: current) }
        // An entry of a later version is as good as a person's: only whoever made it knows whether it is to be undone.
        guard let entry, entry.reason != nil, assigned.text == entry.to.text else { return .kept(at: current) }
        // A person's choice that we interrupted is restored one day; nothing may come in between.
        if let chosen = entry.previousAssigned, mayExist(chosen, ownership, orphans) {
            return .kept(at: ownership[chosen] == .fit ? chosen : current)
        }
        switch rule {
        case .settle: return .movable(at: current)
        case .awaitHome:
            // Whoever has no home, or one that does not exist, would stay a visitor for ever.
            guard let home = monitor.home, mayExist(home, ownership, orphans) else { return .movable(at: current) }
            return .fixed(at: ownership[home] == .fit ? home : current)
        }
    }

    private static func mayExist(
        _ node: NodeReference, _ ownership: [NodeReference: Ownership], _ orphans: FailoverPlan.OrphanRule
    ) -> Bool {
        switch orphans {
        case .leave: true
        case .rescue: ownership[node] != nil
        }
    }
}

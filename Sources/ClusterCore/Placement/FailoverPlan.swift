/// Which monitors must leave the node that should run them, and where they go. A pure function of what was read, so
/// planning again after the moves took effect plans nothing.
package struct FailoverPlan: Sendable, Equatable {
    /// What to do with monitors whose effective node does not exist.
    package enum OrphanRule: Sendable, Equatable {
        /// Treat them like an offline node's.
        case rescue
        /// Leave them: a node's row could not be read, or is newer than the nodes we know, so the node may well exist.
        case leave
    }

    /// Of monitors that nobody runs: they go at once. Those of each receiver together.
    package let moves: [PlannedMove]
    /// Of nodes in maintenance that run them still, in the order in which they should go.
    package let planned: [PlannedMove]
    /// Monitors that should leave and have nowhere to go: they keep their assignment.
    package let stranded: Int

    /// - Parameters:
    ///   - ownership: every registered node's.
    ///   - assignments: all monitors, ascending by id.
    ///   - unjudged: who is given monitors only where nobody else can take them, and then only what nobody runs.
    package init(
        assignments: [MonitorAssignment], census: AssignmentCensus, ownership: [NodeReference: Ownership],
        orphans: OrphanRule, unjudged: UnjudgedNodes = .none
    ) {
        guard FailoverPlan.isNeeded(census, ownership, orphans) else {
            (moves, planned, stranded) = ([], [], 0)
            return
        }
        let known = FailoverPlan.known(unjudged, census, ownership)
        var queue = LeastLoadedQueue(
            known.isEmpty ? FailoverPlan.lastResort(unjudged, census, ownership) : known)
        var leaving: [(monitor: MonitorID, from: NodeReference, reason: MoveReason)] = []
        var retiring: [(monitor: MonitorID, from: NodeReference)] = []
        for monitor in assignments where monitor.isActive {
            guard let from = monitor.effective else { continue }
            switch FailoverPlan.departure(from, ownership, orphans) {
            case .none: continue
            case .urgent(let reason): leaving.append((monitor.id, from, reason))
            case .planned: retiring.append((monitor.id, from))
            }
        }
        var places: [NodeID] = []
        for _ in leaving {
            guard let target = queue.take() else { break }
            places.append(target)
        }
        // How many go where is decided; which ones is free. One node after the other: a node then gets its own in one
        // transaction, and the rows that its agent counts meanwhile are changed by one only.
        places.sort()
        moves = zip(leaving, places).map { one, target in
            PlannedMove(monitor: one.monitor, from: one.from, to: target, reason: one.reason)
        }
        // What runs still stays where nobody but the unjudged could take over.
        let movers = known.isEmpty ? [] : retiring
        planned = movers.compactMap { one in
            queue.take().map { PlannedMove(monitor: one.monitor, from: one.from, to: $0, reason: .maintenance) }
        }
        stranded = leaving.count + retiring.count - moves.count - planned.count
    }

    /// Most seconds nothing is lost: then 100 000 assignments need not be walked.
    private static func isNeeded(
        _ census: AssignmentCensus, _ ownership: [NodeReference: Ownership], _ orphans: OrphanRule
    ) -> Bool {
        census.counts.contains { node, count in
            count.effective > 0 && departure(node, ownership, orphans) != .none
        }
    }

    private enum Departure: Equatable {
        case none
        case urgent(MoveReason)
        case planned
    }

    private static func departure(
        _ node: NodeReference, _ ownership: [NodeReference: Ownership], _ orphans: OrphanRule
    ) -> Departure {
        switch ownership[node] {
        case .lost(let reason): .urgent(reason)
        case .retiring: .planned
        case .fit, .wavering, .reserve, .untouched: .none
        case nil:
            switch orphans {
            case .rescue: .urgent(.failover)
            case .leave: .none
            }
        }
    }

    /// Whom nobody need wait for; one in reserve only when no fit one may speak at any moment.
    private static func known(
        _ unjudged: UnjudgedNodes, _ census: AssignmentCensus, _ ownership: [NodeReference: Ownership]
    ) -> [PlacementPolicy.Target] {
        let judged = ownership.filter { !unjudged.nodes.contains($0.key) }
        let isWorthWaiting =
            unjudged.lastResort == .wait && !judged.values.contains(.fit) && ownership.values.contains(.fit)
        return isWorthWaiting ? [] : targets(census, judged)
    }

    private static func lastResort(
        _ unjudged: UnjudgedNodes, _ census: AssignmentCensus, _ ownership: [NodeReference: Ownership]
    ) -> [PlacementPolicy.Target] {
        switch unjudged.lastResort {
        case .take: targets(census, ownership)
        case .wait: []
        }
    }

    /// The fit nodes; those in reserve where there is no fit one.
    private static func targets(
        _ census: AssignmentCensus, _ ownership: [NodeReference: Ownership]
    ) -> [PlacementPolicy.Target] {
        func all(_ wanted: Ownership) -> [PlacementPolicy.Target] {
            ownership.compactMap { reference, found in
                guard found == wanted, let node = reference.nodeID else { return nil }
                return PlacementPolicy.Target(node: node, count: census[node].effective)
            }
        }
        let fit = all(.fit)
        return fit.isEmpty ? all(.reserve) : fit
    }
}

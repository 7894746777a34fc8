/// What a person may ask of the rebalancer.
package enum RebalanceKind: String, Sendable, CaseIterable {
    /// The fewest moves that make the counts even.
    case rebalance
    /// Every monitor is given a home anew, wherever it is now.
    case force

    /// What the journal says of its moves.
    package var reason: MoveReason {
        switch self {
        case .rebalance: .rebalance
        case .force: .force
        }
    }
}

/// Which monitors get another home, so that the fit nodes run equally many: within one of each other, or as even as the
/// monitors that may not be moved allow (`RebalanceStock`). All nodes have the same `MONITOR_LIMIT_PER_NODE`, so equal
/// counts are equal shares of capacity.
///
/// A pure function of what was read: the same on every balancer, and empty once its moves took effect. That is what makes
/// a job resumable – whoever leads plans again and does the rest.
package struct RebalancePlan: Sendable, Equatable {
    /// How many monitors go from one node to another. From a node to itself: those that visit it and settle there.
    package struct Route: Sendable, Equatable {
        package let from: NodeReference
        package let to: NodeID
        package let count: Int

        package init(from: NodeReference, to: NodeID, count: Int) {
            self.from = from
            self.to = to
            self.count = count
        }
    }

    /// In the order in which they help most, so that a part of the plan is a good plan too.
    package let moves: [PlannedMove]
    /// Monitors on fit nodes that stay because a person assigned them.
    package let kept: Int
    /// Nodes that may be given monitors.
    package let fitNodes: Int

    /// - Parameters:
    ///   - assignments: all monitors, ascending by id.
    ///   - open: the journal's open entries; they set our assignments apart from a person's.
    ///   - ownership: every registered node's.
    ///   - orphans: whether a node that is not in `ownership` is known not to exist.
    ///   - limit: the most moves; nil for as many as it takes.
    package init(
        _ kind: RebalanceKind, assignments: [MonitorAssignment], open: [OpenMove],
        ownership: [NodeReference: Ownership], orphans: FailoverPlan.OrphanRule, limit: Int? = nil
    ) {
        let stock: RebalanceStock
        let all: [PlannedMove]
        switch kind {
        case .rebalance:
            stock = RebalanceStock(
                assignments: assignments, open: open, ownership: ownership, orphans: orphans, rule: .awaitHome)
            all = RebalancePlan.fewest(stock)
        case .force:
            stock = RebalanceStock(
                assignments: assignments, open: open, ownership: ownership, orphans: orphans, rule: .settle)
            all = RebalancePlan.fromScratch(stock)
        }
        moves = limit.map { Array(all.prefix(max($0, 0))) } ?? all
        kept = stock.kept
        fitNodes = stock.shelves.count
    }

    /// The moves, counted by where they come from and go to, in the order of the names.
    package var routes: [Route] {
        var counts: [NodeReference: [NodeID: Int]] = [:]
        for move in moves { counts[move.from, default: [:]][move.to, default: 0] += 1 }
        return counts.sorted { $0.key.text < $1.key.text }.flatMap { from, receivers in
            receivers.sorted { $0.key < $1.key }.map { Route(from: from, to: $0.key, count: $0.value) }
        }
    }

    // MARK: - Fewest moves

    private static func fewest(_ stock: RebalanceStock) -> [PlannedMove] {
        let shelves = stock.shelves
        let shares = EvenShares.of(shelves)
        // One entry for each monitor that leaves a node or comes to it, with the load it leaves or meets there.
        var leaving: [(load: Int, shelf: Int)] = []
        var coming: [(load: Int, shelf: Int)] = []
        for (shelf, share) in shares.enumerated() {
            let count = shelves[shelf].count
            for load in stride(from: count, to: share, by: -1) { leaving.append((load, shelf)) }
            for load in stride(from: count, to: share, by: 1) { coming.append((load, shelf)) }
        }
        leaving.sort { $0.load != $1.load ? $0.load > $1.load : $0.shelf < $1.shelf }
        coming.sort { $0.load != $1.load ? $0.load < $1.load : $0.shelf < $1.shelf }
        // The newest monitors leave: the old ones' history and cache stay where they are.
        var rest = shelves.map(\.movable)
        return zip(leaving, coming).compactMap { from, to in
            guard let monitor = rest[from.shelf].popLast(), let current = monitor.effective else { return nil }
            return PlannedMove(monitor: monitor.id, from: current, to: shelves[to.shelf].node, reason: .rebalance)
        }
    }

    // MARK: - From scratch

    /// Deals all monitors out in the order of their ids, as if none had a home. The order and the nodes alone decide, so
    /// the deal is the same however far an earlier attempt came.
    private static func fromScratch(_ stock: RebalanceStock) -> [PlannedMove] {
        var queue = LeastLoadedQueue(
            stock.shelves.map { PlacementPolicy.Target(node: $0.node, count: $0.fixed) })
        let monitors = stock.shelves.flatMap(\.movable).sorted { $0.id < $1.id }
        return monitors.compactMap { monitor in
            guard let target = queue.take(), let current = monitor.effective else { return nil }
            let isThere = monitor.assigned == nil && current == NodeReference(target)
            return isThere ? nil : PlannedMove(monitor: monitor.id, from: current, to: target, reason: .force)
        }
    }
}

/// How many monitors each node is to run.
private enum EvenShares {
    /// Fills up from below: no node less than what it may not give away, all others equal, and the remainder where it
    /// saves a move.
    static func of(_ shelves: [RebalanceStock.Shelf]) -> [Int] {
        let total = shelves.reduce(0) { $0 + $1.count }
        let level = level(of: total, over: shelves)
        var shares = shelves.map { max($0.fixed, level) }
        var remainder = total - shares.reduce(0, +)
        // A node that has more than the level anyway keeps one for each of these; then the lower node id.
        let takers = shelves.indices.filter { shelves[$0].fixed <= level }
            .sorted { left, right in
                let (hasLeft, hasRight) = (shelves[left].count > level, shelves[right].count > level)
                return hasLeft != hasRight ? hasLeft : left < right
            }
        for shelf in takers where remainder > 0 {
            shares[shelf] = level + 1
            remainder -= 1
        }
        return shares
    }

    /// The highest level to which `total` monitors fill all nodes.
    private static func level(of total: Int, over shelves: [RebalanceStock.Shelf]) -> Int {
        guard !shelves.isEmpty else { return 0 }
        var (low, high) = (0, total)
        while low < high {
            let middle = (low + high + 1) / 2
            if shelves.reduce(0, { $0 + max($1.fixed, middle) }) <= total { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

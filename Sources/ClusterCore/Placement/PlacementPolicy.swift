/// Least loaded first: each monitor goes to the node that runs fewest at that moment, so nodes fill up to
/// `MONITOR_LIMIT_PER_NODE` evenly, and what no node has room for is spread evenly too. Running over the limit beats
/// not running (Failover.md).
package struct PlacementPolicy: Sendable, Equatable {
    /// `MONITOR_LIMIT_PER_NODE`.
    package let monitorLimit: Int

    package init(monitorLimit: Int) { self.monitorLimit = monitorLimit }

    /// A node that may be given monitors, with what it runs now.
    package struct Target: Sendable, Equatable {
        package let node: NodeID
        /// Active monitors, those that it is given meanwhile included.
        package var count: Int

        package init(node: NodeID, count: Int) {
            self.node = node
            self.count = count
        }
    }

    /// Whether a node with `count` monitors runs more than it should.
    package func isOver(_ count: Int) -> Bool { count > monitorLimit }
}

/// Hands out the least loaded target, again and again: a binary heap, so that 100 000 monitors over 1 000 nodes cost a
/// few milliseconds. Equal loads go by node id, which makes a plan the same on every balancer.
package struct LeastLoadedQueue: Sendable {
    /// With the monitors that were handed out counted. The first is the least loaded, the others are in no order.
    package private(set) var targets: [PlacementPolicy.Target]

    /// - Parameter targets: in any order.
    package init(_ targets: [PlacementPolicy.Target]) {
        // A sorted array is a heap.
        self.targets = targets.sorted(by: LeastLoadedQueue.isBefore)
    }

    private static func isBefore(_ left: PlacementPolicy.Target, _ right: PlacementPolicy.Target) -> Bool {
        left.count != right.count ? left.count < right.count : left.node < right.node
    }

    /// The node for one more monitor, which is counted at once; nil when there is no target at all.
    package mutating func take() -> NodeID? {
        guard !targets.isEmpty else { return nil }
        let node = targets[0].node
        targets[0].count += 1
        sink()
        return node
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < targets.count {
                if LeastLoadedQueue.isBefore(targets[child], targets[least]) { least = child }
            }
            guard least != parent else { return }
            targets.swapAt(parent, least)
            parent = least
        }
    }
}

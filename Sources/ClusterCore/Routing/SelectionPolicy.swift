/// Where a node stands when somebody must be chosen; a lower standing wins over any load.
package enum NodeStanding: UInt8, Sendable, Comparable, BitwiseCopyable {
    /// Reachable, active and below the monitor limit.
    case preferred
    /// As preferred, but at the monitor limit.
    case full
    /// Draining: only when nobody else can serve.
    case draining
    /// It refused a connect a moment ago.
    case ejected
    /// Offline, in maintenance or unreachable by what we know; what we know may be stale, so it is tried last.
    case doubtful
    /// Has no address: cannot be tried.
    case impossible

    package static func < (left: NodeStanding, right: NodeStanding) -> Bool { left.rawValue < right.rawValue }
}

/// The two numbers and the standing that decide between nodes, as plain data: a reactor keeps one per node in a flat array.
package struct NodeLoad: Sendable, BitwiseCopyable {
    package var standing: NodeStanding
    package var monitorCount: Int
    package var openConnections: Int

    package init(standing: NodeStanding, monitorCount: Int, openConnections: Int) {
        self.standing = standing
        self.monitorCount = monitorCount
        self.openConnections = openConnections
    }
}

/// Least loaded: the smallest `monitor_count + weight × open connections`; ties go to fewer connections, then to the lower
/// index, that is the lower node id (DESIGN.md §3.3).
package struct SelectionPolicy: Sendable, Equatable {
    /// `LB_CONNECTION_WEIGHT`: how many monitors one open connection weighs. 0 gives the plain least-monitors rule.
    package let connectionWeight: Double

    package init(connectionWeight: Double) { self.connectionWeight = connectionWeight }

    package func score(_ load: NodeLoad) -> Double {
        Double(load.monitorCount) + connectionWeight * Double(load.openConnections)
    }

    /// Whether `candidate` is the better choice; for equal loads neither is, and the earlier index stays.
    package func prefers(_ candidate: NodeLoad, over best: NodeLoad) -> Bool {
        if candidate.standing != best.standing { return candidate.standing < best.standing }
        let (left, right) = (score(candidate), score(best))
        if left != right { return left < right }
        return candidate.openConnections < best.openConnections
    }

    /// The index of the best load, passing over `impossible` nodes and those that were tried already; nil when none is left.
    package func best(
        count: Int, load: (Int) -> NodeLoad, isTried: (Int) -> Bool
    ) -> Int? {
        var best: (index: Int, load: NodeLoad)?
        for index in 0..<count where !isTried(index) {
            let candidate = load(index)
            guard candidate.standing != .impossible else { continue }
            if let current = best, !prefers(candidate, over: current.load) { continue }
            best = (index, candidate)
        }
        return best?.index
    }
}

extension RoutingNode {
    /// - Parameters:
    ///   - monitorLimit: the table's.
    ///   - isEjected: from `traffic`, at this moment.
    package func standing(monitorLimit: Int, isEjected: Bool) -> NodeStanding {
        guard address != nil else { return .impossible }
        guard isReachable, adminState != .maintenance else { return .doubtful }
        guard !isEjected else { return .ejected }
        guard adminState == .active else { return .draining }
        return monitorCount < monitorLimit ? .preferred : .full
    }
}

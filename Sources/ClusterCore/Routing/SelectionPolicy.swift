/// Where a node stands when somebody must be chosen; a lower standing wins over any load.
package enum NodeStanding: UInt8, Sendable, Comparable, BitwiseCopyable {
    /// Reachable, active and below the monitor limit.
    case preferred
    /// As preferred, but at the monitor limit.
    case full
    /// Drained, cordoned, or in a state that nobody knows: only when nobody else can serve.
    case lastResort
    /// It refused a connect a moment ago.
    case ejected
    /// Offline, in maintenance or unreachable by what we know; what we know may be stale, so it is tried last.
    case doubtful
    /// Doubtful, and it refused a connect a moment ago: behind those that may yet answer.
    case shunned
    /// Has no address: cannot be tried.
    case impossible

    package static func < (left: NodeStanding, right: NodeStanding) -> Bool { left.rawValue < right.rawValue }
}

/// The two numbers and the standing that decide between nodes, as plain data: a reactor keeps one per node in a flat array.
package struct NodeLoad: Sendable, Equatable, BitwiseCopyable {
    package var standing: NodeStanding
    /// Active monitors that it effectively runs.
    package var monitorCount: Int
    /// Of this balancer alone: what goes over others is not known.
    package var openConnections: Int

    package init(standing: NodeStanding, monitorCount: Int, openConnections: Int) {
        self.standing = standing
        self.monitorCount = monitorCount
        self.openConnections = openConnections
    }
}

/// Least loaded: the smallest `monitor_count + weight × open connections`; ties go to fewer connections, then to the lower
/// index, that is the lower node id (ChoosingANode.md).
package struct SelectionPolicy: Sendable, Equatable {
    /// `LB_CONNECTION_WEIGHT`: how many monitors one open connection weighs. 0 gives the plain least-monitors rule.
    package let connectionWeight: Double
    package let slowStart: SlowStart

    package init(connectionWeight: Double, slowStart: SlowStart = SlowStart(over: .zero)) {
        self.connectionWeight = connectionWeight
        self.slowStart = slowStart
    }

    /// What is compared among nodes of one standing, in monitors; the smaller is better.
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

    /// As `best`, but a node whose share is still rising is passed over now and then, for the best of those of the same
    /// standing whose share is largest. While all of them are as new as it is, it takes all.
    /// - Parameters:
    ///   - share: of the node at an index, by `slowStart`; asked only for nodes that matter.
    ///   - draw: a random number of 0 to 1; asked only when chance decides.
    package func choose(
        count: Int, load: (Int) -> NodeLoad, isTried: (Int) -> Bool, share: (Int) -> Double, draw: () -> Double
    ) -> Int? {
        guard let first = best(count: count, load: load, isTried: isTried) else { return nil }
        let own = share(first)
        guard own < 1 else { return first }
        let standing = load(first).standing
        func isPeer(_ index: Int) -> Bool { !isTried(index) && load(index).standing == standing }
        let largest = (0..<count).reduce(own) { isPeer($1) ? max($0, share($1)) : $0 }
        guard largest > own, draw() * largest >= own else { return first }
        return best(count: count, load: load, isTried: { !isPeer($0) || share($0) < largest })
    }
}

extension RoutingNode {
    /// - Parameters:
    ///   - monitorLimit: the table's.
    ///   - isEjected: from `traffic`, at this moment.
    package func standing(monitorLimit: Int, isEjected: Bool) -> NodeStanding {
        guard address != nil else { return .impossible }
        guard isServing else { return isEjected ? .shunned : .doubtful }
        guard !isEjected else { return effects.newClients == .avoided ? .shunned : .ejected }
        return switch effects.newClients {
        case .taken: monitorCount < monitorLimit ? .preferred : .full
        case .lastResort: .lastResort
        case .avoided: .doubtful
        }
    }
}

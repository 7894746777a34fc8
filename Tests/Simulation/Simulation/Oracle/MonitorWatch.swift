import ClusterCore

/// Which Kumas run a monitor, and for how long none or two did when a reading took it from one to the other.
package struct MonitorWatch: Sendable {
    private var runners: [MonitorID: Set<NodeID>] = [:]
    /// When a reading stopped it, as long as nobody runs it since.
    private var stoppedAt: [MonitorID: Duration] = [:]
    private var doubledAt: [MonitorID: Duration] = [:]
    /// Of each hand-over: how long nobody ran the monitor.
    package private(set) var gaps: [Duration] = []
    /// Of each hand-over: how long two nodes ran it.
    package private(set) var overlaps: [Duration] = []

    package init() {}

    package var longestGap: Duration { gaps.max() ?? .zero }
    package var longestOverlap: Duration { overlaps.max() ?? .zero }
    package var medianGap: Duration { gaps.isEmpty ? .zero : gaps.sorted()[gaps.count / 2] }

    mutating func started(_ monitor: MonitorID, by node: NodeID, at now: Duration) {
        if let since = stoppedAt.removeValue(forKey: monitor) { gaps.append(now - since) }
        runners[monitor, default: []].insert(node)
        if runners[monitor]?.count == 2 {
            gaps.append(.zero)
            doubledAt[monitor] = now
        }
    }

    mutating func stopped(_ monitor: MonitorID, by node: NodeID, at now: Duration) {
        runners[monitor]?.remove(node)
        if let since = doubledAt.removeValue(forKey: monitor) { overlaps.append(now - since) }
        if runners[monitor]?.isEmpty ?? true { stoppedAt[monitor] = now }
    }

    /// Its process ended: no hand-over.
    mutating func lost(_ monitors: some Sequence<MonitorID>, by node: NodeID) {
        for monitor in monitors {
            runners[monitor]?.remove(node)
            doubledAt[monitor] = nil
        }
    }
}

package import ClusterCore

/// The node's monitors as last read, and whether a beat's mark spares reading them again.
package struct MonitorsInSight: Sendable {
    private var monitors: [MonitorID]?

    package init() {}

    /// - Parameter mark: what the last beat said of them; nil: no beat since the last pass.
    /// - Returns: nil when they must be read.
    package func monitors(behind mark: MonitorsMark?) -> [MonitorID]? {
        guard let mark, let monitors, MonitorsMark(of: monitors) == mark else { return nil }
        return monitors
    }

    /// What the database said of the node's monitors just now.
    package mutating func read(_ monitors: [MonitorID]) { self.monitors = monitors }
}

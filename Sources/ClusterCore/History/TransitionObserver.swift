/// Compares each snapshot with the one before it, so that each change of a node becomes one event.
package struct TransitionObserver: Sendable {
    private struct Seen: Equatable {
        var status: NodeStatus
        var isDegraded: Bool
    }

    private let limits: HealthJudge.Limits
    private var seen: [NodeID: Seen]?

    package init(limits: HealthJudge.Limits) { self.limits = limits }

    /// The first snapshot has nothing to compare with and yields nothing; a node seen first later is its agent's to
    /// announce.
    package mutating func observe(_ nodes: [NodeRecord]) -> [ClusterEvent] {
        var events: [ClusterEvent] = []
        var next: [NodeID: Seen] = [:]
        for node in nodes {
            let now = Seen(status: node.believedStatus(limits), isDegraded: node.agentHealth == .degraded)
            next[node.id] = now
            guard let before = seen?[node.id] else { continue }
            if before.status != now.status { events.append(TransitionObserver.event(now.status, node)) }
            if now.isDegraded, !before.isDegraded {
                let detail = node.agentDetail ?? "Kuma says that its database is unhealthy"
                events.append(ClusterEvent(.nodeDegraded, node: node.id, detail: detail))
            }
        }
        seen = next
        return events
    }

    private static func event(_ status: NodeStatus, _ node: NodeRecord) -> ClusterEvent {
        let found = node.agentDetail.map { ": \($0)" } ?? ""
        return switch status {
        case .online: ClusterEvent(.nodeOnline, node: node.id, detail: "\(node.id) is online\(found)")
        case .recovering: ClusterEvent(.nodeRecovering, node: node.id, detail: "\(node.id) answers again\(found)")
        case .offline: ClusterEvent(.nodeOffline, node: node.id, detail: "\(node.id) is offline\(found)")
        }
    }
}

import ClusterCore
import ControlPlane

/// What is told of single nodes.
struct NodeRoutes: Sendable {
    let sources: AnswerSources

    var endpoints: [Endpoint] {
        [
            Endpoint("/lb/health", .state, [.get: { _ in health() }]),
            Endpoint("/lb/node-status", .state, [.get: { _ in nodeStatus() }]),
            Endpoint("/lb/capacity", .state, [.get: { _ in capacity() }]),
            Endpoint("/lb/available-nodes", .open, [.get: { _ in availableNodes() }]),
        ]
    }

    private func health() -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        let nodes = state.nodes.map { node -> JSON in
            [
                "node_id": .string(node.record.id.text),
                "status": .string(node.record.status.rawValue),
                "last_seen": JSON(NodeRoutes.lastSeen(of: node.record)),
                "monitor_count": .integer(node.monitorCount),
                "node_name": .string(node.record.name),
                "admin_state": .string(node.record.adminState.shown),
                "routable": .bool(node.isRoutable),
                "report_age_ms": JSON(node.record.reportAge.map { max($0, .zero).milliseconds }),
            ]
        }
        let body: JSON = ["timestamp": moment.timestamp, "nodes": .array(nodes)]
        return .json(body.adding(state.staleMarks(moment)))
    }

    private func nodeStatus() -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        let nodes = state.nodes.map { NodeRoutes.detail(of: $0, at: moment) }
        let body: JSON = ["timestamp": moment.timestamp, "nodes": .array(nodes)]
        return .json(body.adding(state.staleMarks(moment)))
    }

    private static func detail(of node: NodeView, at moment: Moment) -> JSON {
        let record = node.record
        let statusSince = record.statusAge.map { moment.text(ago: $0) }
        return [
            "node_id": .string(record.id.text),
            "node_name": .string(record.name),
            "host": JSON(record.host),
            "status": .string(record.status.rawValue),
            "last_seen": JSON(lastSeen(of: record)),
            "admin_state": .string(record.adminState.shown),
            "speaker": .string(node.speaker.rawValue),
            "agent": agent(of: record),
            "probe": probe(of: node),
            "ejected": .bool(node.isEjected),
            "routable": .bool(node.isRoutable),
            "connections": .integer(node.openConnections),
            "monitor_count": .integer(node.monitorCount),
            "home_count": .integer(node.homeCount),
            "visiting_count": .integer(node.visitingCount),
            "status_since": JSON(statusSince),
            "flaps": .integer(node.flaps),
            "is_primary": .bool(record.isPrimary),
            "reason": JSON(reason(of: node)),
        ]
    }

    /// Kuma's column holds whole seconds; every time that the API tells has milliseconds.
    private static func lastSeen(of record: NodeRecord) -> String? {
        guard let text = record.lastSeen, text.hasSuffix("Z"), !text.contains(".") else { return record.lastSeen }
        return text.dropLast() + ".000Z"
    }

    private static func agent(of record: NodeRecord) -> JSON {
        [
            "health": JSON(record.agentHealth?.rawValue),
            "detail": JSON(record.agentDetail),
            "version": JSON(record.agentVersion),
            "report_age_ms": JSON(record.reportAge.map { max($0, .zero).milliseconds }),
            "probe_ms": JSON(record.probeTime?.milliseconds),
            "ok_streak": .integer(record.okStreak),
            "fail_streak": .integer(record.failStreak),
        ]
    }

    private static func probe(of node: NodeView) -> JSON {
        guard let probe = node.probe else { return .null }
        return [
            "status": .string(probe.status.rawValue),
            "detail": .string(probe.last.detail),
            "ms": .integer(probe.last.duration.milliseconds),
            "ok_streak": .integer(probe.okStreak),
            "fail_streak": .integer(probe.failStreak),
        ]
    }

    /// Why its status is what it is, in the words of whoever speaks for it.
    private static func reason(of node: NodeView) -> String? {
        switch node.speaker {
        case .agent: node.record.agentDetail
        case .balancer: node.probe?.last.detail ?? node.record.agentDetail
        }
    }

    private func capacity() -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        return .json(CapacityAnswer.json(state).adding(state.staleMarks(moment)))
    }

    private func availableNodes() -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        let counts = Dictionary(
            state.nodes.map { ($0.record.id, $0.monitorCount) }, uniquingKeysWith: { first, _ in first })
        let nodes = sources.pinnableNodes.map { node -> JSON in
            [
                "node_id": .string(node.id.text),
                // Only online nodes can be pinned.
                "status": .string(NodeStatus.online.rawValue),
                "monitor_count": .integer(counts[node.id] ?? 0),
                "set_url": .string(node.link),
                "node_name": .string(node.name),
            ]
        }
        let body: JSON = [
            "available_nodes": .array(nodes),
            "total_count": .integer(nodes.count),
            "clear_url": "/lb/clear-fixed-node",
        ]
        return .json(body.adding(state.staleMarks(moment)))
    }
}

/// Monitors against `MONITOR_LIMIT_PER_NODE`, effective counts (API.md).
enum CapacityAnswer {
    static func json(_ state: ClusterState) -> JSON {
        let nodes = state.nodes.map { node -> JSON in
            [
                "node_id": .string(node.record.id.text),
                "current_count": .integer(node.monitorCount),
                "limit_per_node": .integer(state.monitorLimit),
                "usage_percent": .number(percent(node.monitorCount, of: state.monitorLimit)),
                "over_limit": .bool(node.monitorCount > state.monitorLimit),
            ]
        }
        return [
            "limit_per_node": .integer(state.monitorLimit),
            "nodes": .array(nodes),
            "unassigned": .integer(state.unassignedCount),
            "orphaned": .integer(state.orphanedCount),
        ]
    }

    /// To one decimal, which is what a person reads.
    static func percent(_ count: Int, of limit: Int) -> Double {
        guard limit > 0 else { return 0 }
        return (Double(count) * 1_000 / Double(limit)).rounded() / 10
    }
}

package import ClusterCore

/// Makes the request path's table of what was polled, probed and resolved. Pure: the same facts give the same table.
package struct RoutingTableBuilder: Sendable {
    /// `fall` decides what is believed of a row that Kuma wrote to.
    package let judge: HealthJudge.Limits

    package init(judge: HealthJudge.Limits) {
        self.judge = judge
    }

    /// - Parameters:
    ///   - probed: what this balancer's own probes say of a node; nil without any result.
    ///   - resolved: the socket address of a node; nil while its name does not resolve.
    /// - Returns: the entries, ascending by node id, at most `RoutingLimits.nodes`.
    package func nodes(
        of snapshot: ClusterSnapshot, probed: (NodeID) -> NodeStatus?, resolved: (NodeAddress) -> SocketAddress?,
        traffic: (NodeID) -> NodeTraffic
    ) -> [RoutingNode] {
        snapshot.nodes.prefix(RoutingLimits.nodes).map { node in
            let status = node.believedStatus(judge)
            return RoutingNode(
                id: node.id,
                hostName: node.address?.host ?? node.name,
                address: node.address.flatMap(resolved),
                status: status,
                effects: node.adminState.effects,
                // Routing follows what this balancer can reach (Judging.md).
                isReachable: (probed(node.id) ?? status) == .online,
                isPrimary: node.isPrimary,
                monitorCount: snapshot.monitorCount(of: node),
                traffic: traffic(node.id))
        }
    }

    /// Whether publishing `next` would tell the reactors anything; most seconds it would not, and they sleep on.
    package static func differs(
        _ next: [RoutingNode], isSetupPending: Bool, monitors: MonitorIndex, shortage: RoutingShortage?,
        from table: RoutingTable
    ) -> Bool {
        table.isSetupPending != isSetupPending || table.nodes.count != next.count || table.shortage != shortage
            || !zip(table.nodes, next).allSatisfy { $0.equals($1) } || table.monitors != monitors
    }

    /// The nodes whose share of new connections is to rise slowly: new ones, and those that can be reached again or are
    /// active again. The first table with nodes knows no such nodes: they may have served for weeks.
    package static func recovered(_ next: [RoutingNode], since table: RoutingTable) -> [RoutingNode] {
        guard !table.nodes.isEmpty else { return [] }
        let before = Dictionary(table.nodes.map { ($0.id, $0.isRoutable) }) { first, _ in first }
        return next.filter { $0.isRoutable && before[$0.id] != true }
    }
}

extension RoutingNode {
    /// As far as its state says; a name that does not resolve for a while makes no node new.
    fileprivate var isRoutable: Bool { isServing && effects.newClients == .taken }

    fileprivate func equals(_ other: RoutingNode) -> Bool {
        id == other.id && hostName == other.hostName && address == other.address && status == other.status
            && effects == other.effects && isReachable == other.isReachable && isPrimary == other.isPrimary
            && monitorCount == other.monitorCount && traffic === other.traffic
    }
}

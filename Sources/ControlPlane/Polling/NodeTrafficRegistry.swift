package import ClusterCore

/// The one `NodeTraffic` of each node, kept for the life of the process however often tables are rebuilt.
package struct NodeTrafficRegistry: Sendable {
    /// Deleted nodes are forgotten only above this many, so that a node deleted and added again keeps its counters.
    package static let limit = 4 * RoutingLimits.nodes

    private var traffic: [NodeID: NodeTraffic] = [:]

    package init() {}

    /// The node's object, made when it is asked for first.
    package mutating func traffic(of node: NodeID) -> NodeTraffic {
        if let known = traffic[node] { return known }
        let new = NodeTraffic()
        traffic[node] = new
        return new
    }

    /// Keeps only `nodes` when there are too many.
    package mutating func trim(to nodes: [NodeID]) {
        guard traffic.count > NodeTrafficRegistry.limit else { return }
        let kept = Set(nodes)
        traffic = traffic.filter { kept.contains($0.key) }
    }
}

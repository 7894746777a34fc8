// ClusterCore is the domain as values: nodes, monitors, health, plans, the choice of a node. Time and facts come in, decisions
// go out. Never I/O, a log, a task or a thread; shared are only snapshots, counters, and where sessions live.

/// What the request path knows of the cluster: one immutable snapshot. A reader sees all of one generation or all of the
/// next, never halves of two.
package struct RoutingTable: Sendable {
    /// Rises by one with every published table; 0 is the empty table of a balancer that has learned nothing.
    package let generation: UInt64
    /// Kuma's `user` table is empty: everything goes to the primary node until its first-time set-up is done.
    package let isSetupPending: Bool
    /// By node id, ascending. At most `RoutingLimits.nodes`.
    package let nodes: [RoutingNode]
    /// `MONITOR_LIMIT_PER_NODE`.
    package let monitorLimit: Int
    /// Which node runs which monitor; empty while no assignments were read.
    package let monitors: MonitorIndex
    /// What a client reads for whom there is no node.
    package let shortage: RoutingShortage?

    package init(
        generation: UInt64, isSetupPending: Bool, nodes: [RoutingNode], monitorLimit: Int,
        monitors: MonitorIndex = .empty, shortage: RoutingShortage? = nil
    ) {
        self.generation = generation
        self.isSetupPending = isSetupPending
        self.nodes = nodes
        self.monitorLimit = monitorLimit
        self.monitors = monitors
        self.shortage = shortage
    }

    /// Of a balancer that has read nothing yet.
    package static let empty = RoutingTable(generation: 0, isSetupPending: false, nodes: [], monitorLimit: 1000)

    /// Whether some client could be sent somewhere.
    package var hasRoutableNode: Bool { nodes.contains { $0.isReachable && $0.address != nil } }

    /// The node that first-time set-up belongs to: the one marked primary, else `node1`, else the lowest id.
    package var primaryNode: RoutingNode? {
        nodes.first { $0.isPrimary } ?? nodes.first { $0.id.text == "node1" } ?? nodes.first
    }
}

/// Why there may be no node to route to, beyond the nodes themselves; the words of `/lb/ready`.
package enum RoutingShortage: String, Sendable, CaseIterable {
    case databaseUnreachable = "database_unreachable"
    /// It has no table `node`: a stock Kuma's, or no cluster node has started on it yet.
    case notAClusterDatabase = "not_a_cluster_database"
}

/// One node as the request path sees it.
package struct RoutingNode: Sendable {
    package let id: NodeID
    /// What `X-Routed-To` says: the host name of the node.
    package let hostName: String
    /// Resolved; nil while the name does not resolve or the row names no address. Such a node cannot be chosen.
    package let address: SocketAddress?
    /// As the database says; decides whether a pin is valid.
    package let status: NodeStatus
    /// Of its admin state.
    package let effects: AdminEffects
    /// Whether this balancer can reach it: its own probes where it has any, else `status`.
    package let isReachable: Bool
    /// Kuma's own mark; `RoutingTable.primaryNode` says what it leads to.
    package let isPrimary: Bool
    /// Monitors it effectively runs: the first part of its load.
    package let monitorCount: Int
    /// The one object of this node, the same in every table.
    package let traffic: NodeTraffic

    package init(
        id: NodeID, hostName: String, address: SocketAddress?, status: NodeStatus, effects: AdminEffects,
        isReachable: Bool, isPrimary: Bool, monitorCount: Int, traffic: NodeTraffic
    ) {
        self.id = id
        self.hostName = hostName
        self.address = address
        self.status = status
        self.effects = effects
        self.isReachable = isReachable
        self.isPrimary = isPrimary
        self.monitorCount = monitorCount
        self.traffic = traffic
    }

    /// Whether connections may be on it: an offline node's are reset (ChoosingANode.md), so none is sent there while another
    /// node can take it.
    package var isServing: Bool { isReachable && status != .offline }

    /// Whether a pin to it counts. A draining node keeps its pinned clients, as HAProxy's drain does.
    package var acceptsPins: Bool { status == .online && effects.pins == .kept && address != nil }
}

/// Bounds of the routing table, in one place.
package enum RoutingLimits {
    /// Nodes in one cluster: sizes every per-node array; further rows are left out and named in the log.
    package static let nodes = 1_000
    /// Monitors whose node is known to the request path; further ones are routed like any other request.
    package static let monitors = 1_000_000
}

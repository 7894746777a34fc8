import ClusterCore
import ControlPlane

/// What there is to see of single nodes.
enum NodeEndpoints {
    static let group = EndpointGroup(
        "nodes", "Single nodes.",
        [
            Endpoint(.get, "/lb/health", .state, "The nodes as the cluster sees them.", action: health),
            Endpoint(
                .get, "/lb/node-status", .state, "Every node in detail, and why it is what it is.", action: details),
            Endpoint(.get, "/lb/capacity", .state, "Monitors and capacity by node.", action: capacity),
            Endpoint(.get, "/lb/available-nodes", .open, "The nodes one may pin.", action: availableNodes),
        ])

    private static func health(_ request: APIRequest, _ sources: AnswerSources) -> MarkedAnswer<NodeHealths> {
        let (snapshot, moment) = (sources.control.snapshot, Moment.now)
        let healths = NodeHealths(timestamp: moment.timestamp, nodes: snapshot.nodes.map(NodeHealths.Node.init))
        return snapshot.marked(healths, at: moment)
    }

    private static func details(_ request: APIRequest, _ sources: AnswerSources) -> MarkedAnswer<NodeDetails> {
        let (snapshot, moment) = (sources.control.snapshot, Moment.now)
        let details = NodeDetails(
            timestamp: moment.timestamp, nodes: snapshot.nodes.map { NodeDetails.Node($0, at: moment) })
        return snapshot.marked(details, at: moment)
    }

    private static func capacity(_ request: APIRequest, _ sources: AnswerSources) -> MarkedAnswer<Capacity> {
        let snapshot = sources.control.snapshot
        return snapshot.marked(Capacity(snapshot), at: Moment.now)
    }

    private static func availableNodes(
        _ request: APIRequest, _ sources: AnswerSources
    ) -> MarkedAnswer<AvailableNodes> {
        let snapshot = sources.control.snapshot
        let counts = Dictionary(
            snapshot.nodes.map { ($0.record.id, $0.monitorCount) }, uniquingKeysWith: { first, _ in first })
        let nodes = sources.pinnableNodes.map { AvailableNodes.Node($0, monitors: counts[$0.id] ?? 0) }
        return snapshot.marked(AvailableNodes(nodes: nodes), at: Moment.now)
    }
}

extension NodeStatus: AnswerWord {}
extension AdminState: AnswerWord {}
extension AdminWord: AnswerValue {
    static var schema: Schema { .words(AdminWord.shownWords) }
    var json: JSON { .string(shown) }
}

extension NodeRecord {
    /// Kuma's column holds whole seconds; every time that the API shows has milliseconds.
    var lastSeenTime: TimeText? {
        lastSeen.map { text in
            TimeText(text.hasSuffix("Z") && !text.contains(".") ? text.dropLast() + ".000Z" : text)
        }
    }

    /// Never below zero, where the database's clock stepped back.
    var shownReportAge: Duration? { reportAge.map { max($0, .zero) } }
}

struct NodeHealths: WholeAnswer {
    struct Node: AnswerObject {
        let id: NodeID
        let status: NodeStatus
        let lastSeen: TimeText?
        let monitors: Int
        let name: String
        let adminState: AdminWord
        let isRoutable: Bool
        let reportAge: Duration?

        init(_ node: NodeSnapshot) {
            id = node.record.id
            status = node.record.status
            lastSeen = node.record.lastSeenTime
            monitors = node.monitorCount
            name = node.record.name
            adminState = node.record.adminState
            isRoutable = node.isRoutable
            reportAge = node.record.shownReportAge
        }

        static let fields = AnswerFields<Self> {
            $0.field("node_id", \.id, "The node.")
            $0.field("status", \.status, "As the cluster holds it.")
            $0.field("last_seen", \.lastSeen, "When Kuma's own heartbeat was last seen.")
            $0.field("monitor_count", \.monitors, "Active monitors that it runs.")
            $0.field("node_name", \.name, "As Kuma shows it.")
            $0.field("admin_state", \.adminState, "What a person decided about it.")
            $0.field("routable", \.isRoutable, "Whether clients without a pin may be sent to it.")
            $0.field("report_age_ms", \.reportAge, "Since its agent last reported.")
        }
    }

    let timestamp: Timestamp
    let nodes: [Node]

    static let meaning = "Every node."
    static let fields = AnswerFields<Self> {
        $0.field("timestamp", \.timestamp, "Unix seconds.")
        $0.field("nodes", \.nodes, "By node id.")
    }
}

/// Monitors against `MONITOR_LIMIT_PER_NODE`, counted where they effectively run.
struct Capacity: WholeAnswer {
    struct Node: AnswerObject {
        let id: NodeID
        let monitors: Int
        let limit: Int

        private var isOverLimit: Bool { monitors > limit }

        /// To one decimal, which is what a person reads.
        private var usagePercent: Double {
            guard limit > 0 else { return 0 }
            return (Double(monitors) * 1_000 / Double(limit)).rounded() / 10
        }

        static let fields = AnswerFields<Self> {
            $0.field("node_id", \.id, "The node.")
            $0.field("current_count", \.monitors, "Active monitors that it runs.")
            $0.field("limit_per_node", \.limit, "Above this it gets no more.")
            $0.field("usage_percent", \.usagePercent, "To one decimal.")
            $0.field("over_limit", \.isOverLimit, "Whether it runs more than that.")
        }
    }

    let limit: Int
    let nodes: [Node]
    let unassigned: Int
    let orphaned: Int

    init(_ snapshot: ControlPlaneSnapshot) {
        limit = snapshot.monitorLimit
        nodes = snapshot.nodes.map { Node(id: $0.record.id, monitors: $0.monitorCount, limit: snapshot.monitorLimit) }
        unassigned = snapshot.unassignedCount
        orphaned = snapshot.orphanedCount
    }

    static let name: String? = "Capacity"
    static let meaning = "Effective counts of every node."
    static let fields = AnswerFields<Self> {
        $0.field("limit_per_node", \.limit, "`MONITOR_LIMIT_PER_NODE`.")
        $0.field("nodes", \.nodes, "Every node.")
        $0.field("unassigned", \.unassigned, "Active monitors without any node.")
        $0.field("orphaned", \.orphaned, "Active monitors whose node does not exist.")
    }
}

struct AvailableNodes: WholeAnswer {
    struct Node: AnswerObject {
        let id: NodeID
        let monitors: Int
        let link: String
        let name: String

        init(_ node: PinnableNode, monitors: Int) {
            id = node.id
            self.monitors = monitors
            link = node.link
            name = node.name
        }

        static let fields = AnswerFields<Self> {
            $0.field("node_id", \.id, "The node.")
            $0.constant("status", .string(NodeStatus.online.rawValue), "Only online nodes can be pinned.")
            $0.field("monitor_count", \.monitors, "Active monitors that it runs.")
            $0.field("set_url", \.link, "The page that pins it.")
            $0.field("node_name", \.name, "As Kuma shows it.")
        }
    }

    let nodes: [Node]

    private var count: Int { nodes.count }

    static let meaning = "Online nodes."
    static let fields = AnswerFields<Self> {
        $0.field("available_nodes", \.nodes, "Those that accept a pin now.")
        $0.field("total_count", \.count, "How many.")
        $0.constant("clear_url", "/lb/clear-fixed-node", "The page that unpins.")
    }
}

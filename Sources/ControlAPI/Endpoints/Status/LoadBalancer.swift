import ClusterCore
import ControlPlane

/// Scores, and what decides where a client goes.
struct LoadBalancer: WholeAnswer {
    struct Node: AnswerObject {
        let id: NodeID
        let score: Double
        let monitors: Int
        let connections: Int
        let isStarting: Bool
        let isRoutable: Bool

        init(_ node: NodeSnapshot, _ policy: SelectionPolicy) {
            id = node.record.id
            score = policy.score(
                NodeLoad(
                    standing: node.standing, monitorCount: node.monitorCount, openConnections: node.openConnections))
            monitors = node.monitorCount
            connections = node.openConnections
            isStarting = node.slowStartShare < 1
            isRoutable = node.isRoutable
        }

        static let fields = AnswerFields<Self> {
            $0.field("node_id", \.id, "The node.")
            $0.field("score", \.score, "The lowest gets the next client.")
            $0.field("monitor_count", \.monitors, "Active monitors that it runs.")
            $0.field("open_connections", \.connections, "Client connections of this balancer on it.")
            $0.field("slow_start", \.isStarting, "Whether its share of new connections is still rising.")
            $0.field("routable", \.isRoutable, "Whether clients without a pin may be sent to it.")
        }
    }

    struct Table: AnswerObject {
        let generation: Int
        let updatedAt: TimeText?
        let age: Duration?

        static let fields = AnswerFields<Self> {
            $0.field("generation", \.generation, "Grows with each change.")
            $0.field("updated_at", \.updatedAt, "When it was published.")
            $0.field("age_ms", \.age, "Since then.")
        }
    }

    let timestamp: Timestamp
    let capacity: Capacity
    let cluster: ClusterCounts
    let connectionWeight: Double
    let nodes: [Node]
    let table: Table

    static let meaning = "The choice of a node."
    static let fields = AnswerFields<Self> {
        $0.field("timestamp", \.timestamp, "Unix seconds.")
        $0.constant("load_balancer", "kuma-balancer", "Who balances.")
        $0.constant("algorithm", "least_monitors", "How a node is chosen.")
        $0.field("capacity", \.capacity, "As /lb/capacity has it.")
        $0.field("cluster", \.cluster, "Nodes and monitors, counted.")
        $0.field("connection_weight", \.connectionWeight, "Monitors that an open connection counts as.")
        $0.field("nodes", \.nodes, "Every node.")
        $0.field("table", \.table, "The routing table in use.")
    }

    static func answer(_ request: APIRequest, _ sources: AnswerSources) -> MarkedAnswer<LoadBalancer> {
        let (snapshot, moment) = (sources.control.snapshot, Moment.now)
        let weight = sources.configuration.connectionWeight
        let policy = SelectionPolicy(connectionWeight: weight)
        let updated = snapshot.tableUpdatedAt
        let answer = LoadBalancer(
            timestamp: moment.timestamp, capacity: Capacity(snapshot), cluster: ClusterCounts(snapshot),
            connectionWeight: weight, nodes: snapshot.nodes.map { Node($0, policy) },
            table: Table(
                generation: Int(clamping: snapshot.tableGeneration), updatedAt: updated.map { moment.time($0) },
                age: updated.map { $0.duration(to: moment.instant) }))
        return snapshot.marked(answer, at: moment)
    }
}

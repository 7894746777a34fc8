import ClusterCore

/// What is told of single nodes.
enum NodeOperations {
    static var all: [Operation] { [health, nodeStatus, capacity, availableNodes] }

    private static func get(_ path: String, _ summary: String, _ meaning: String, _ schema: JSON) -> Operation {
        Operation(
            method: .get, path: path, group: "nodes", summary: summary,
            responses: [Operation.Response(200, meaning, schema)])
    }

    private static let health = get(
        "/lb/health", "The nodes as the cluster sees them.", "Every node.",
        Schema.state([
            "timestamp" ~> Schema.timestamp,
            "nodes"
                ~> Schema.list(
                    Schema.object([
                        "node_id" ~> Schema.nodeID, "status" ~> Schema.words(of: NodeStatus.self),
                        "last_seen" ~> Schema.orNull(Schema.time), "monitor_count" ~> Schema.integer,
                        "node_name" ~> Schema.string, "admin_state" ~> Schema.words(AdminWord.shownWords),
                        "routable" ~> Schema.boolean, "report_age_ms" ~> Schema.orNull(Schema.integer),
                    ])),
        ]))

    private static let nodeStatus = get(
        "/lb/node-status", "Every node in detail, and why it is what it is.", "Every node.",
        Schema.state([
            "timestamp" ~> Schema.timestamp, "nodes" ~> Schema.list(Schema.reference("Node")),
        ]))

    private static let capacity = get(
        "/lb/capacity", "Monitors and capacity by node.", "Effective counts of every node.",
        Schema.state(Components.capacityFields))

    private static let availableNodes = get(
        "/lb/available-nodes", "The nodes one may pin.", "Online nodes.",
        Schema.state([
            "available_nodes"
                ~> Schema.list(
                    Schema.object([
                        "node_id" ~> Schema.nodeID, "status" ~> Schema.constant("online"),
                        "monitor_count" ~> Schema.integer, "set_url" ~> Schema.string, "node_name" ~> Schema.string,
                    ])),
            "total_count" ~> Schema.integer, "clear_url" ~> Schema.constant("/lb/clear-fixed-node"),
        ]))
}

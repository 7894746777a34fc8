/// The caller's own pin.
enum PinOperations {
    static var all: [Operation] { [status, page, set, clearPage, clear] }

    private static let group = "pin"

    static let node = Operation.Parameter("node", "A node's id.", Schema.nodeID, in: .path)

    private static let status = Operation(
        method: .get, path: "/lb/fixed-node-status", group: group, summary: "The caller's pin.",
        responses: [
            Operation.Response(
                200, "The pin, and whether it counts.",
                Schema.state(
                    [
                        "has_fixed_node" ~> Schema.boolean, "current_node" ~> Schema.orNull(Schema.nodeID),
                        "is_valid" ~> Schema.boolean,
                        "cluster_status"
                            ~> Schema.object([
                                "total_nodes" ~> Schema.integer, "online_nodes" ~> Schema.integer,
                                "nodes"
                                    ~> Schema.list(
                                        Schema.object(["node_id" ~> Schema.nodeID, "status" ~> Schema.string])),
                            ]),
                    ], sometimes: ["invalid_reason" ~> Schema.words(of: Refusal.Reason.self)]))
        ])

    private static let pinned = Schema.object([
        "success" ~> Schema.constant(true), "node" ~> Schema.nodeID, "expires_in_seconds" ~> Schema.integer,
        "message" ~> Schema.string,
    ])

    private static let cleared = Schema.object([
        "success" ~> Schema.constant(true), "message" ~> Schema.string,
    ])

    private static func pageOr(_ schema: JSON) -> [JSON.Field] {
        ["text/html" ~> Schema.string, "application/json" ~> schema]
    }

    private static let page = Operation(
        method: .get, path: "/lb/fixed-node/{node}", group: group, summary: "Pins the caller; a page for people.",
        parameters: [node],
        responses: [
            Operation.Response(200, "Pinned for a week; the cookie is set.", content: pageOr(pinned)),
            Operation.Response(
                400, "The node is unknown or not online; lists those that are.",
                content: pageOr(Schema.reference("Error"))),
            Operation.Response(
                403, "A page of another site led here; asks the person.", content: pageOr(Schema.reference("Error"))),
        ])

    private static let set = Operation(
        method: .post, path: "/lb/set-fixed-node", group: group, summary: "Pins the caller.",
        body: Schema.object(
            ["node" ~> Schema.nodeID],
            sometimes: [
                "expires" ~> PinWish.expires.schema.adding(["description" ~> "Seconds."])
            ]),
        responses: [
            Operation.Response(200, "Pinned; the cookie is set.", pinned),
            .failure(400, "The body is wrong, or the node is unknown or not online."),
            .failure(413, "The body is larger than 16 KiB."),
        ])

    private static let clearPage = Operation(
        method: .get, path: "/lb/clear-fixed-node", group: group, summary: "Unpins the caller; a page for people.",
        responses: [
            Operation.Response(200, "The cookie is cleared.", content: pageOr(cleared)),
            Operation.Response(
                403, "A page of another site led here; asks the person.", content: pageOr(Schema.reference("Error"))),
        ])

    private static let clear = Operation(
        method: .post, path: "/lb/clear-fixed-node", group: group, summary: "Unpins the caller.",
        responses: [Operation.Response(200, "The cookie is cleared.", cleared)])
}

import ClusterCore

/// What an administrator can set in motion or decide.
enum ActionOperations {
    static var all: [Operation] {
        [healthCheck] + Endpoint.Method.allCases.map(updateLoads)
            + AdminState.allCases.map(admin) + [pause, resume]
    }

    private static let group = "actions"

    private static let healthCheck = Operation(
        method: .post, path: "/lb/trigger-health-check", group: group, summary: "Checks every node now, and waits.",
        responses: [
            Operation.Response(
                200, "What each node answered.",
                Schema.state([
                    "status" ~> Schema.constant("success"), "message" ~> Schema.string,
                    "nodes"
                        ~> Schema.list(
                            Schema.object([
                                "node_id" ~> Schema.nodeID, "healthy" ~> Schema.boolean, "detail" ~> Schema.string,
                                "ms" ~> Schema.orNull(Schema.integer),
                            ])),
                ]))
        ])

    private static func updateLoads(_ method: Endpoint.Method) -> Operation {
        Operation(
            method: method, path: "/lb/update-loads", group: group,
            summary: "Counts monitors anew and publishes a routing table.",
            responses: [
                Operation.Response(
                    200, "Counts before and after.",
                    Schema.object([
                        "status" ~> Schema.constant("success"), "timestamp" ~> Schema.timestamp,
                        "nodes"
                            ~> Schema.list(
                                Schema.object([
                                    "node_id" ~> Schema.nodeID, "before" ~> Schema.integer,
                                    "after" ~> Schema.integer,
                                ])),
                    ]))
            ] + Operation.storeFailures)
    }

    private static func admin(_ state: AdminState) -> Operation {
        Operation(
            method: .post, path: "/lb/nodes/{node}/\(state.verb)", group: group, summary: state.summary,
            parameters: [PinOperations.node],
            responses: [
                Operation.Response(
                    200, "Written; monitors that leave the node for it.",
                    Schema.object([
                        "node_id" ~> Schema.nodeID, "admin_state" ~> Schema.constant(.string(state.rawValue)),
                        "moved" ~> Schema.integer,
                    ])),
                .failure(404, "There is no such node (`unknown_node`)."),
            ] + Operation.storeFailures)
    }

    private static let pause = Operation(
        method: .post, path: "/lb/pause", group: group, summary: "Stops automatic moves.",
        parameters: [
            Operation.Parameter("reason", "Why, for others.", Schema.string),
            Operation.Parameter("until", "When moves go on by themselves.", Schema.time),
        ],
        body: Schema.object([], sometimes: ["reason" ~> Schema.string, "until" ~> Schema.time]),
        responses: [
            Operation.Response(200, "Paused.", Schema.reference("Pause")),
            .failure(400, "The body, a parameter or the time is wrong."),
            .failure(413, "The body is larger than 16 KiB."),
        ] + Operation.storeFailures)

    private static let resume = Operation(
        method: .post, path: "/lb/resume", group: group, summary: "Lets automatic moves go on.",
        responses: [Operation.Response(200, "Not paused.", Schema.reference("Pause"))] + Operation.storeFailures)
}

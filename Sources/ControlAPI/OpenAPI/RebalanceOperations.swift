import ClusterCore

/// Rebalancing.
enum RebalanceOperations {
    static var all: [Operation] {
        Endpoint.Method.allCases.map(trigger) + Endpoint.Method.allCases.map(force) + [status, cancel]
    }

    private static let group = "rebalancing"

    private static let wishes: [Operation.Parameter] = [
        Operation.Parameter(
            "dry_run", "1: only show the plan.", Schema.words(RebalanceRoutes.flagWords)),
        Operation.Parameter("max_moves", "Move no more than this.", RebalanceRoutes.maxMoves.schema),
    ]

    private static let plan: [JSON.Field] = [
        "planned_moves" ~> Schema.integer, "plan" ~> Schema.list(Schema.reference("Route")),
        "kept_by_person" ~> Schema.integer,
    ]

    private static let answers: [Operation.Response] =
        [
            Operation.Response(
                200, "Nothing to do, or only planned.",
                Schema.object(["status" ~> Schema.words(["balanced", "planned"])] + plan)),
            Operation.Response(
                202, "The leader does it.",
                Schema.object(["status" ~> Schema.constant("started"), "job" ~> Schema.integer] + plan)),
            .failure(400, "A parameter is wrong or unknown, or there is a body."),
            .failure(409, "Another one runs (`rebalance_running`), or moves are paused (`paused`)."),
        ] + Operation.storeFailures

    private static func trigger(_ method: Endpoint.Method) -> Operation {
        Operation(
            method: method, path: "/lb/trigger-rebalancing", group: group,
            summary: "Evens the nodes out with the fewest moves.", parameters: wishes, responses: answers)
    }

    private static func force(_ method: Endpoint.Method) -> Operation {
        Operation(
            method: method, path: "/lb/force-rebalance-all", group: group,
            summary: "Gives every monitor a home anew; dangerous.",
            parameters: wishes + [Operation.Parameter("confirm", "Needed to do it.", Schema.constant("yes"))],
            responses: answers + [.failure(428, "Not confirmed; shows the plan.")])
    }

    private static let status = Operation(
        method: .get, path: "/lb/rebalancing-status", group: group, summary: "Progress of the job, and the last ones.",
        responses: [
            Operation.Response(
                200, "The jobs.",
                Schema.state([
                    "timestamp" ~> Schema.timestamp, "status" ~> Schema.words(["idle", "running", "failed"]),
                    "message" ~> Schema.string, "job" ~> Schema.orNull(Schema.integer),
                    "kind" ~> Schema.orNull(Schema.words(of: RebalanceKind.self)), "total" ~> Schema.integer,
                    "moved" ~> Schema.integer, "remaining" ~> Schema.integer,
                    "started_at" ~> Schema.orNull(Schema.time), "finished_at" ~> Schema.orNull(Schema.time),
                    "last_error" ~> Schema.orNull(Schema.string),
                    "last_jobs" ~> Schema.list(Schema.reference("Job")),
                ]))
        ])

    private static let cancel = Operation(
        method: .post, path: "/lb/rebalancing/cancel", group: group,
        summary: "Stops the running job after its current batch.",
        responses: [
            Operation.Response(
                200, "It stops, or none runs.",
                Schema.object(
                    ["status" ~> Schema.words(["cancelling", "idle"])], sometimes: ["job" ~> Schema.integer]))
        ] + Operation.storeFailures)
}

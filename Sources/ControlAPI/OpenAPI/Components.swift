import ClusterCore
import ClusterStore

/// The schemas that several answers share.
enum Components {
    static var schemas: [JSON.Field] {
        [
            "Error" ~> error, "DatabaseAway" ~> databaseAway, "Cluster" ~> cluster, "Capacity" ~> capacity,
            "Leader" ~> leader, "Pause" ~> pause, "Node" ~> node, "Event" ~> event, "Move" ~> move, "Job" ~> job,
            "Route" ~> route,
        ]
    }

    private static let error = Schema.object(
        ["error" ~> Schema.string, "reason" ~> Schema.words(of: Refusal.Reason.self)],
        sometimes: [
            "allowed" ~> Schema.list(Schema.string), "limit" ~> Schema.integer, "parameter" ~> Schema.string,
            "value" ~> Schema.string, "minimum" ~> Schema.integer, "maximum" ~> Schema.integer,
            "pause" ~> Schema.reference("Pause"), "planned_moves" ~> Schema.integer,
            "plan" ~> Schema.list(Schema.reference("Route")), "kept_by_person" ~> Schema.integer,
        ])

    private static let databaseAway = Schema.object([
        "reachable" ~> Schema.boolean, "since" ~> Schema.time,
    ])

    private static let cluster = Schema.object([
        "total_nodes" ~> Schema.integer, "online_nodes" ~> Schema.integer, "recovering_nodes" ~> Schema.integer,
        "offline_nodes" ~> Schema.integer, "routable_nodes" ~> Schema.integer, "total_monitors" ~> Schema.integer,
        "setup_complete" ~> Schema.orNull(Schema.boolean),
    ])

    static let capacityFields: [JSON.Field] = [
        "limit_per_node" ~> Schema.integer,
        "nodes"
            ~> Schema.list(
                Schema.object([
                    "node_id" ~> Schema.nodeID, "current_count" ~> Schema.integer,
                    "limit_per_node" ~> Schema.integer, "usage_percent" ~> Schema.number,
                    "over_limit" ~> Schema.boolean,
                ])),
        "unassigned" ~> Schema.integer, "orphaned" ~> Schema.integer,
    ]
    private static let capacity = Schema.object(capacityFields)

    static let leaderFields: [JSON.Field] = [
        "leader" ~> Schema.orNull(Schema.string), "epoch" ~> Schema.orNull(Schema.integer),
        "self" ~> Schema.boolean, "expires_in_ms" ~> Schema.orNull(Schema.integer),
        "balancers"
            ~> Schema.list(
                Schema.object([
                    "id" ~> Schema.string, "address" ~> Schema.string, "version" ~> Schema.string,
                    "last_seen" ~> Schema.time,
                ])),
    ]
    private static let leader = Schema.object(leaderFields)

    private static let pause = Schema.object([
        "paused" ~> Schema.boolean, "by" ~> Schema.orNull(Schema.string), "reason" ~> Schema.orNull(Schema.string),
        "until" ~> Schema.orNull(Schema.time),
    ])

    private static let node = Schema.object([
        "node_id" ~> Schema.nodeID, "node_name" ~> Schema.string, "host" ~> Schema.orNull(Schema.string),
        "status" ~> Schema.words(of: NodeStatus.self), "last_seen" ~> Schema.orNull(Schema.time),
        "admin_state" ~> Schema.words(AdminWord.shownWords), "speaker" ~> Schema.words(["agent", "balancer"]),
        "agent"
            ~> Schema.object([
                "health" ~> Schema.orNull(Schema.string), "detail" ~> Schema.orNull(Schema.string),
                "version" ~> Schema.orNull(Schema.string), "report_age_ms" ~> Schema.orNull(Schema.integer),
                "probe_ms" ~> Schema.orNull(Schema.integer), "ok_streak" ~> Schema.integer,
                "fail_streak" ~> Schema.integer,
            ]),
        "probe"
            ~> Schema.orNull(
                Schema.object([
                    "status" ~> Schema.words(of: NodeStatus.self), "detail" ~> Schema.string, "ms" ~> Schema.integer,
                    "ok_streak" ~> Schema.integer, "fail_streak" ~> Schema.integer,
                ])),
        "ejected" ~> Schema.boolean, "routable" ~> Schema.boolean, "connections" ~> Schema.integer,
        "monitor_count" ~> Schema.integer, "home_count" ~> Schema.integer, "visiting_count" ~> Schema.integer,
        "status_since" ~> Schema.orNull(Schema.time), "flaps" ~> Schema.integer, "is_primary" ~> Schema.boolean,
        "reason" ~> Schema.orNull(Schema.string),
    ])

    private static let event = Schema.object([
        "id" ~> Schema.integer, "at" ~> Schema.time, "node_id" ~> Schema.orNull(Schema.nodeID),
        "kind" ~> Schema.words(of: ClusterEvent.Kind.self), "detail" ~> Schema.string,
    ])

    private static let move = Schema.object([
        "id" ~> Schema.integer, "monitor_id" ~> Schema.integer, "from" ~> Schema.string, "to" ~> Schema.string,
        "previous_assigned" ~> Schema.orNull(Schema.string), "reason" ~> Schema.words(of: MoveReason.self),
        "moved_at" ~> Schema.time, "returned_at" ~> Schema.orNull(Schema.time), "outcome" ~> Schema.string,
    ])

    private static let job = Schema.object([
        "job" ~> Schema.integer, "kind" ~> Schema.words(of: RebalanceKind.self), "status" ~> Schema.string,
        "requested_by" ~> Schema.string, "requested_at" ~> Schema.time, "started_at" ~> Schema.orNull(Schema.time),
        "finished_at" ~> Schema.orNull(Schema.time), "total" ~> Schema.integer, "moved" ~> Schema.integer,
        "error" ~> Schema.orNull(Schema.string),
    ])

    private static let route = Schema.object([
        "from" ~> Schema.string, "to" ~> Schema.string, "count" ~> Schema.integer,
    ])
}

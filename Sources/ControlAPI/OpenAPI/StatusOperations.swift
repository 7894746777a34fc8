import ClusterCore
import ClusterStore

/// What is told of this balancer and of the cluster as a whole.
enum StatusOperations {
    static var all: [Operation] {
        [ping, ready, systemStatus, setupStatus, leader, healthStatus, faultDetection, loadBalancer]
    }

    private static let group = "status"

    private static func get(_ path: String, _ summary: String, _ responses: [Operation.Response]) -> Operation {
        Operation(method: .get, path: path, group: group, summary: summary, responses: responses)
    }

    private static let ping = get(
        "/lb/ping", "Whether the balancer is alive; never asks the database.",
        [
            Operation.Response(
                200, "Alive.",
                content: [
                    "application/json"
                        ~> Schema.object([
                            "status" ~> Schema.constant("healthy"), "timestamp" ~> Schema.time,
                            "service" ~> Schema.constant("kuma-balancer"),
                        ]),
                    "text/plain" ~> Schema.constant("pong\n"),
                ])
        ])

    private static let reasons = ["draining", "no_routable_node"] + RoutingShortage.allCases.map(\.rawValue)

    private static let readiness = Schema.object([
        "ready" ~> Schema.boolean, "reasons" ~> Schema.list(Schema.words(reasons)),
    ])

    private static let ready = get(
        "/lb/ready", "Whether a client would be served.",
        [
            Operation.Response(200, "It would.", readiness),
            Operation.Response(503, "It would not, and why.", readiness),
        ])

    private static let counters: [JSON.Field] = [
        "check_count" ~> Schema.integer, "last_check" ~> Schema.orNull(Schema.time),
        "success_count" ~> Schema.integer, "fail_count" ~> Schema.integer,
    ]

    private static let systemStatus = get(
        "/lb/system-status", "All modules in one answer.",
        [
            Operation.Response(
                200, "The cluster and this balancer.",
                Schema.object(
                    [
                        "timestamp" ~> Schema.timestamp, "cluster" ~> Schema.reference("Cluster"),
                        "capacity" ~> Schema.reference("Capacity"), "health" ~> Schema.object(counters),
                        "load_balancer"
                            ~> Schema.object([
                                "algorithm" ~> Schema.constant("least_monitors"),
                                "connection_weight" ~> Schema.number, "table_generation" ~> Schema.integer,
                                "draining" ~> Schema.boolean, "open_connections" ~> Schema.integer,
                                "open_tunnels" ~> Schema.integer, "accepted" ~> Schema.integer,
                                "requests" ~> Schema.integer, "retried" ~> Schema.integer,
                                "failed" ~> Schema.integer,
                            ]),
                        "fault_detection"
                            ~> Schema.object([
                                "running" ~> Schema.boolean, "silent_nodes" ~> Schema.list(Schema.nodeID),
                            ]),
                        "rebalancing"
                            ~> Schema.object([
                                "status" ~> Schema.words(["idle", "running", "failed"]),
                                "job" ~> Schema.orNull(Schema.integer), "remaining" ~> Schema.integer,
                            ]),
                        "leader" ~> Schema.reference("Leader"),
                        "database"
                            ~> Schema.object(
                                [
                                    "reachable" ~> Schema.boolean, "since" ~> Schema.time,
                                    "last_read" ~> Schema.orNull(Schema.time),
                                    "last_error" ~> Schema.orNull(Schema.words(of: StoreError.Kind.self)),
                                    "clock_skew"
                                        ~> Schema.orNull(
                                            Schema.object(["ms" ~> ["type": "integer"], "seen_at" ~> Schema.time])),
                                    "host" ~> Schema.orNull(Schema.string),
                                    "unfit_hosts"
                                        ~> Schema.list(
                                            Schema.object(["host" ~> Schema.string, "reason" ~> Schema.string])),
                                ], sometimes: ["last_error_text" ~> Schema.string]),
                        "version" ~> Schema.string, "uptime_seconds" ~> Schema.integer,
                        "automation" ~> Schema.reference("Pause"),
                    ], sometimes: ["stale" ~> Schema.constant(true)]))
        ])

    private static let setupStatus = get(
        "/lb/setup-status", "Whether Kuma's first-time set-up is done.",
        [
            Operation.Response(
                200, "Where requests go.",
                Schema.state([
                    "setup_complete" ~> Schema.boolean, "routing_mode" ~> Schema.words(["cluster", "primary_only"]),
                    "primary_node" ~> Schema.orNull(Schema.nodeID), "message" ~> Schema.string,
                ]))
        ])

    private static let leader = get(
        "/lb/leader", "Who leads, and all balancers.",
        [Operation.Response(200, "The lease as it was last seen.", Schema.state(Components.leaderFields))])

    private static let healthStatus = get(
        "/lb/health-status", "Statistics of health checks, and what happened to nodes.",
        [
            Operation.Response(
                200,
                "Checks, history and heartbeats; `missed` by `interval_ms`: its agent's own, or the default for an agent "
                    + "that does not report it.",
                Schema.state(
                    counters + [
                        "debug_enabled" ~> Schema.boolean,
                        "history"
                            ~> Schema.list(
                                Schema.object([
                                    "at" ~> Schema.time, "node_id" ~> Schema.orNull(Schema.nodeID),
                                    "kind" ~> Schema.string, "detail" ~> Schema.string, "moved" ~> Schema.integer,
                                ])),
                        "heartbeats"
                            ~> Schema.map(
                                Schema.object([
                                    "age_ms" ~> Schema.integer, "interval_ms" ~> Schema.integer,
                                    "interval_from" ~> Schema.words(["agent", "default"]),
                                    "missed" ~> Schema.integer,
                                ])),
                    ]))
        ])

    private static let faultDetection = get(
        "/lb/fault-detection-status", "How faults are found, and what is suspected now.",
        [
            Operation.Response(
                200, "The scanner.",
                Schema.state([
                    "timestamp" ~> Schema.timestamp, "running" ~> Schema.boolean, "interval_ms" ~> Schema.integer,
                    "scans" ~> Schema.integer, "last_scan" ~> Schema.orNull(Schema.time),
                    "last_duration_ms" ~> Schema.orNull(Schema.integer),
                    "silent_nodes" ~> Schema.list(Schema.nodeID), "suspects" ~> Schema.list(Schema.nodeID),
                    "thresholds"
                        ~> Schema.object([
                            "rise" ~> Schema.integer, "fall" ~> Schema.integer, "check_interval_ms" ~> Schema.integer,
                            "suspect_interval_ms" ~> Schema.integer, "report_ttl_ms" ~> Schema.integer,
                            "mass_silence_wait_ms" ~> Schema.integer, "return_hold_ms" ~> Schema.integer,
                        ]),
                    "leader" ~> Schema.orNull(Schema.string), "automation" ~> Schema.reference("Pause"),
                ]))
        ])

    private static let loadBalancer = get(
        "/lb/load-balancer-status", "Scores, and what decides where a client goes.",
        [
            Operation.Response(
                200, "The choice of a node.",
                Schema.state([
                    "timestamp" ~> Schema.timestamp, "load_balancer" ~> Schema.constant("kuma-balancer"),
                    "algorithm" ~> Schema.constant("least_monitors"), "capacity" ~> Schema.reference("Capacity"),
                    "cluster" ~> Schema.reference("Cluster"), "connection_weight" ~> Schema.number,
                    "nodes"
                        ~> Schema.list(
                            Schema.object([
                                "node_id" ~> Schema.nodeID, "score" ~> Schema.number,
                                "monitor_count" ~> Schema.integer, "open_connections" ~> Schema.integer,
                                "slow_start" ~> Schema.boolean, "routable" ~> Schema.boolean,
                            ])),
                    "table"
                        ~> Schema.object([
                            "generation" ~> Schema.integer, "updated_at" ~> Schema.orNull(Schema.time),
                            "age_ms" ~> Schema.orNull(Schema.integer),
                        ]),
                ]))
        ])
}

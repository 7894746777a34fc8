import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes

/// What an administrator can set in motion, and decide about nodes and automatic moves.
enum OrderEndpoints {
    /// In this order the examples leave a cluster as it was: nothing moves in a pause, and what is decided is undone.
    static let group = EndpointGroup(
        "actions", "What an administrator can set in motion or decide.",
        [
            Endpoint(
                .post, "/lb/trigger-health-check", .admin, "Checks every node now, and waits.", action: checkHealth),
            Endpoint(
                .get, "/lb/update-loads", .admin, "Counts monitors anew and publishes a routing table.",
                database: .asked, action: updateLoads),
            Endpoint(
                .post, "/lb/update-loads", .admin, "Counts monitors anew and publishes a routing table.",
                database: .asked, action: updateLoads),
            Endpoint(
                .post, "/lb/pause", .admin, "Stops automatic moves.", database: .asked,
                parameters: [
                    Endpoint.Parameter("reason", "Why, for others.", .string),
                    Endpoint.Parameter("until", "When moves go on by themselves.", .time),
                ],
                body: PauseRequest.schema,
                refusals: [.refusal(400, "The body, a parameter or the time is wrong.")],
                examples: [Endpoint.Example(query: "?reason=upgrade")], action: pause),
        ] + AdminState.allCases.map(decision) + [
            Endpoint(
                .post, "/lb/resume", .admin, "Lets automatic moves go on.", database: .asked, action: resume)
        ])

    // MARK: - Nodes

    private static func checkHealth(
        _ request: APIRequest, _ sources: AnswerSources
    ) async -> MarkedAnswer<HealthCheckResult> {
        let result = HealthCheckResult(nodes: await sources.control.probeAllNodes().map(HealthCheckResult.Node.init))
        return sources.control.snapshot.marked(result, at: Moment.now)
    }

    private static func updateLoads(
        _ request: APIRequest, _ sources: AnswerSources
    ) async throws(Refusal) -> LoadUpdate {
        let recounts = try await sources.asking { control throws(StoreError) in try await control.updateLoads() }
        return LoadUpdate(timestamp: Moment.now.timestamp, nodes: recounts.map(LoadUpdate.Node.init))
    }

    private static func decision(_ state: AdminState) -> Endpoint {
        Endpoint(
            .post, "/lb/nodes/{node}/\(state.verb)", .admin, state.summary, database: .asked, parameters: [.node],
            answers: [NodeDecision.response(of: state)],
            refusals: [.refusal(404, "There is no such node (`unknown_node`).")],
            action: { request, sources throws(Refusal) in try await decide(state, request, sources) })
    }

    private static func decide(
        _ state: AdminState, _ request: APIRequest, _ sources: AnswerSources
    ) async throws(Refusal) -> NodeDecision {
        guard let node = try? NodeID(request.node) else { throw unknownNode(sources) }
        let moved = try await sources.asking { control throws(StoreError) in
            try await control.setAdminState(state, of: node, by: request.caller)
        }
        guard let moved else { throw unknownNode(sources) }
        return NodeDecision(node: node, adminState: state, moved: moved)
    }

    private static func unknownNode(_ sources: AnswerSources) -> Refusal {
        Refusal(
            .notFound, .unknownNode, "there is no such node in this cluster",
            help: Refusal.Help(allowed: sources.control.snapshot.nodes.map(\.record.id.text)))
    }

    // MARK: - Automatic moves

    private static func pause(_ request: APIRequest, _ sources: AnswerSources) async throws(Refusal) -> PauseAnswer {
        // A misspelt `until` would be a pause without end.
        try request.refuseParameters(besides: ["reason", "until"])
        let wanted = try PauseRequest(request)
        let order = PauseOrder(by: request.caller, reason: wanted.reason, until: wanted.until)
        try await sources.asking { control throws(StoreError) in try await control.pause(order) }
        return PauseAnswer(Pause(by: order.by, reason: order.reason, until: order.until))
    }

    private static func resume(_ request: APIRequest, _ sources: AnswerSources) async throws(Refusal) -> PauseAnswer {
        _ = try await sources.asking { control throws(StoreError) in try await control.resume(by: request.caller) }
        return PauseAnswer(nil)
    }
}

struct HealthCheckResult: WholeAnswer {
    struct Node: AnswerObject {
        let id: NodeID
        let isHealthy: Bool
        let detail: String
        let time: Duration?

        init(_ check: NodeCheck) {
            id = check.node
            // A degraded node lives: it is the database that is not well.
            isHealthy =
                switch check.result?.finding {
                case .healthy, .degraded: true
                case .unhealthy, nil: false
                }
            detail = check.result?.detail ?? "the node has no address that could be probed"
            time = check.result?.duration
        }

        static let fields = AnswerFields<Self> {
            $0.field("node_id", \.id, "The node.")
            $0.field("healthy", \.isHealthy, "What it answered.")
            $0.field("detail", \.detail, "The same for people.")
            $0.field("ms", \.time, "What the check took.")
        }
    }

    let nodes: [Node]

    private var message: String { "\(nodes.count { $0.isHealthy }) of \(nodes.count) nodes are healthy" }

    static let meaning = "What each node answered."
    static let fields = AnswerFields<Self> {
        $0.constant("status", "success", "The checks were made, whatever they found.")
        $0.field("message", \.message, "For people.")
        $0.field("nodes", \.nodes, "Every node.")
    }
}

struct LoadUpdate: WholeAnswer {
    struct Node: AnswerObject {
        private let recount: MonitorRecount

        init(_ recount: MonitorRecount) { self.recount = recount }

        static let fields = AnswerFields<Self> {
            $0.field("node_id", \.recount.node, "The node.")
            $0.field("before", \.recount.before, "Active monitors as they were counted last.")
            $0.field("after", \.recount.after, "Active monitors now.")
        }
    }

    let timestamp: Timestamp
    let nodes: [Node]

    static let meaning = "Counts before and after."
    static let fields = AnswerFields<Self> {
        $0.constant("status", "success", "They were counted.")
        $0.field("timestamp", \.timestamp, "Unix seconds.")
        $0.field("nodes", \.nodes, "Every node.")
    }
}

struct NodeDecision: WholeAnswer {
    let node: NodeID
    let adminState: AdminState
    let moved: Int

    static let meaning = "Written; monitors that leave the node for it."
    static let fields = AnswerFields<Self> {
        $0.field("node_id", \.node, "The node.")
        $0.field(NodeDecision.state, \.adminState, "What it is now.")
        $0.field("moved", \.moved, "Active monitors that leave it; none during a pause.")
    }
    private static let state = "admin_state"

    /// Each row answers with one state only.
    static func response(of state: AdminState) -> Endpoint.Response {
        let fields = fields.table.map(\.description).map { field in
            field.name == NodeDecision.state ? field.narrowed(to: .constant(.string(state.rawValue))) : field
        }
        return Endpoint.Response(200, meaning, [.json(.object(Schema.Object(fields)))])
    }
}

/// Whether a person stopped automatic moves.
struct PauseAnswer: WholeAnswer {
    let pause: Pause?
    private let until: TimeText?

    init(_ pause: Pause?) {
        self.pause = pause
        until = pause?.until.map { Moment.time(sinceEpoch: $0) }
    }

    private var isPaused: Bool { pause != nil }

    static let name: String? = "Pause"
    static let meaning = "Whether automatic moves are paused."
    static let fields = AnswerFields<Self> {
        $0.field("paused", \.isPaused, "Whether they are.")
        $0.field("by", \.pause?.by, "Who paused them.")
        $0.field("reason", \.pause?.reason, "Why, as that person put it.")
        $0.field("until", \.until, "When they go on by themselves; null: when a person resumes them.")
    }
}

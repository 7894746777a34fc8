import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes

/// What there is to see of this balancer and of the cluster as a whole.
enum StatusEndpoints {
    static let group = EndpointGroup(
        "status", "This balancer, and the cluster as a whole.",
        [
            Endpoint(
                .get, "/lb/ping", .open, "Whether the balancer is alive; never asks the database.",
                examples: [
                    Example(), Example("pong, for a check that reads text", fields: [("Accept", "text/plain")]),
                ],
                action: ping),
            Endpoint(.get, "/lb/ready", .open, "Whether a client would be served.", action: ready),
            Endpoint(.get, "/lb/system-status", .state, "All modules in one answer.", action: SystemStatus.answer),
            Endpoint(
                .get, "/lb/setup-status", .state, "Whether Kuma's first-time set-up is done.", action: setupStatus),
            Endpoint(.get, "/lb/leader", .state, "Who leads, and all balancers.", action: leader),
            Endpoint(
                .get, "/lb/health-status", .state, "Statistics of health checks, and what happened to nodes.",
                action: HealthStatus.answer),
            Endpoint(
                .get, "/lb/fault-detection-status", .state, "How faults are found, and what is suspected now.",
                action: FaultDetection.answer),
            Endpoint(
                .get, "/lb/load-balancer-status", .state, "Scores, and what decides where a client goes.",
                action: LoadBalancer.answer),
        ])

    private typealias Example = Endpoint.Example

    private static func ping(_ request: APIRequest, _ sources: AnswerSources) -> PingAnswer {
        request.prefers("text/plain", over: "application/json") ? .text : .json(Ping(timestamp: Moment.now.time))
    }

    private static func ready(_ request: APIRequest, _ sources: AnswerSources) -> Readiness {
        var reasons: [Readiness.Reason] = []
        if sources.serving.isDraining { reasons.append(.draining) }
        let snapshot = sources.control.snapshot
        if !snapshot.nodes.contains(where: { $0.isRoutable || $0.isLastResort }) {
            reasons.append(.noRoutableNode)
            if let shortage = snapshot.database.shortage { reasons.append(.shortage(shortage)) }
        }
        return Readiness(reasons: reasons)
    }

    private static func setupStatus(_ request: APIRequest, _ sources: AnswerSources) -> MarkedAnswer<SetupStatus> {
        let (snapshot, table) = (sources.control.snapshot, sources.control.routingTable)
        let status = SetupStatus(
            isComplete: snapshot.isSetUp ?? !table.isSetupPending,
            mode: table.isSetupPending ? .primaryOnly : .cluster, primary: table.primaryNode?.id)
        return snapshot.marked(status, at: Moment.now)
    }

    private static func leader(_ request: APIRequest, _ sources: AnswerSources) -> MarkedAnswer<Leader> {
        let (snapshot, moment) = (sources.control.snapshot, Moment.now)
        return snapshot.marked(Leader(snapshot.leadership, at: moment), at: moment)
    }
}

enum PingAnswer: EndpointAnswer {
    case json(Ping)
    case text

    static let responses = [
        Endpoint.Response(200, "Alive.", [.json(Ping.schema), .text(.constant("pong\n"))])
    ]

    var answer: Answer {
        switch self {
        case .json(let ping): .json(ping.json)
        case .text: Answer(.text("pong"))
        }
    }
}

struct Ping: AnswerObject {
    let timestamp: TimeText

    static let fields = AnswerFields<Self> {
        $0.constant("status", "healthy", "Always: who is not alive does not answer.")
        $0.field("timestamp", \.timestamp, "This balancer's clock.")
        $0.constant("service", "kuma-balancer", "Who answers.")
    }
}

struct Readiness: AnswerObject, EndpointAnswer {
    enum Reason: AnswerValue {
        case draining
        case noRoutableNode
        /// What there is behind it.
        case shortage(RoutingShortage)

        static var schema: Schema {
            .words(["draining", "no_routable_node"] + RoutingShortage.allCases.map(\.rawValue))
        }

        var json: JSON {
            switch self {
            case .draining: "draining"
            case .noRoutableNode: "no_routable_node"
            case .shortage(let shortage): .string(shortage.rawValue)
            }
        }
    }

    let reasons: [Reason]

    private var isReady: Bool { reasons.isEmpty }

    static let fields = AnswerFields<Self> {
        $0.field("ready", \.isReady, "Whether a client would be served.")
        $0.field("reasons", \.reasons, "Why not; empty when it is ready.")
    }

    static let responses = [
        Endpoint.Response(200, "It would.", [.json(schema)]),
        Endpoint.Response(503, "It would not, and why.", [.json(schema)]),
    ]

    var answer: Answer { .json(json, status: isReady ? .ok : .serviceUnavailable) }
}

struct SetupStatus: WholeAnswer {
    enum RoutingMode: String, AnswerWord {
        case cluster
        case primaryOnly = "primary_only"
    }

    let isComplete: Bool
    let mode: RoutingMode
    let primary: NodeID?

    private var message: String {
        switch mode {
        case .primaryOnly: "First-time set-up is not done: all requests go to the primary node."
        case .cluster: "Set-up is complete: requests are spread over the cluster."
        }
    }

    static let meaning = "Where requests go."
    static let fields = AnswerFields<Self> {
        $0.field("setup_complete", \.isComplete, "Whether Kuma has a first user.")
        $0.field("routing_mode", \.mode, "Until then everybody goes to the primary node.")
        $0.field("primary_node", \.primary, "The node that sets Kuma up.")
        $0.field("message", \.message, "The same for people.")
    }
}

struct Leader: WholeAnswer {
    struct Balancer: AnswerObject {
        let id: BalancerID
        let address: String
        let version: String
        let lastSeen: TimeText

        static let fields = AnswerFields<Self> {
            $0.field("id", \.id, "The balancer.")
            $0.field("address", \.address, "Where it says that clients reach it.")
            $0.field("version", \.version, "Of its program.")
            $0.field("last_seen", \.lastSeen, "When it last wrote to the database.")
        }
    }

    let leader: BalancerID?
    let epoch: Int?
    let isSelf: Bool
    let expiresIn: Duration?
    let balancers: [Balancer]

    init(_ leadership: LeadershipSnapshot, at moment: Moment) {
        leader = leadership.leader
        epoch = leadership.epoch.map { Int($0) }
        isSelf = leadership.isSelf
        expiresIn = leadership.expiresIn
        balancers = leadership.balancers.map { balancer in
            Balancer(
                id: balancer.presence.id, address: balancer.presence.address, version: balancer.presence.version,
                lastSeen: moment.time(ago: balancer.lastSeenAge))
        }
    }

    static let name: String? = "Leader"
    static let meaning = "The lease as it was last seen."
    static let fields = AnswerFields<Self> {
        $0.field("leader", \.leader, "The balancer that decides; null while nobody is known to.")
        $0.field("epoch", \.epoch, "How often the lease changed hands.")
        $0.field("self", \.isSelf, "Whether the balancer that answers leads.")
        $0.field("expires_in_ms", \.expiresIn, "Until the lease runs out.")
        $0.field("balancers", \.balancers, "Those seen in the last hour.")
    }
}

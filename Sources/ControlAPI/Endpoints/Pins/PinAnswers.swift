import ClusterCore
import ControlPlane
import HTTPTypes

/// The caller's pin, and whether it counts.
struct PinStatus: WholeAnswer {
    struct Node: AnswerObject {
        let id: NodeID
        let status: NodeStatus

        static let fields = AnswerFields<Self> {
            $0.field("node_id", \.id, "The node.")
            $0.field("status", \.status, "As the cluster holds it.")
        }
    }

    struct Cluster: AnswerObject {
        let nodes: [Node]

        init(_ snapshot: ControlPlaneSnapshot) {
            nodes = snapshot.nodes.map { Node(id: $0.record.id, status: $0.record.status) }
        }

        private var count: Int { nodes.count }
        private var online: Int { nodes.count { $0.status == .online } }

        static let fields = AnswerFields<Self> {
            $0.field("total_nodes", \.count, "Nodes that are registered.")
            $0.field("online_nodes", \.online, "Those that are online.")
            $0.field("nodes", \.nodes, "Every node.")
        }
    }

    let pin: NodeID?
    let verdict: PinVerdict?
    let cluster: Cluster

    private var isThere: Bool { pin != nil }
    private var isValid: Bool { verdict == .valid }
    private var invalidReason: Refusal.Reason? { verdict?.reason }

    static let meaning = "The pin, and whether it counts."
    static let fields = AnswerFields<Self> {
        $0.field("has_fixed_node", \.isThere, "Whether the caller has a pin.")
        $0.field("current_node", \.pin, "The node that it names.")
        $0.field("is_valid", \.isValid, "Whether requests go there.")
        $0.field("cluster_status", \.cluster, "The nodes there are.")
        $0.sometimes("invalid_reason", \.invalidReason, "Why they do not.")
    }
}

struct Pinned: AnswerObject, EndpointAnswer {
    let node: NodeID
    /// Seconds.
    let lifetime: Int

    private var message: String { "requests of this client go to \(node.text)" }

    static let fields = AnswerFields<Self> {
        $0.constant("success", true, "It is done.")
        $0.field("node", \.node, "The node that the caller is pinned to.")
        $0.field("expires_in_seconds", \.lifetime, "How long the browser keeps it.")
        $0.field("message", \.message, "The same for people.")
    }

    static let responses = [Endpoint.Response(200, "Pinned; the cookie is set.", [.json(schema)])]

    var answer: Answer { Answer(.json(json), fields: [.setCookie: PinCookie.set(node, lifetime: lifetime)]) }
}

struct Unpinned: AnswerObject, EndpointAnswer {
    static let fields = AnswerFields<Self> {
        $0.constant("success", true, "It is done.")
        $0.constant("message", "the cluster chooses a node again", "The same for people.")
    }

    static let responses = [Endpoint.Response(200, "The cookie is cleared.", [.json(schema)])]

    var answer: Answer { Answer(.json(json), fields: [.setCookie: PinCookie.clear]) }
}

/// Pins by a page, or by JSON where the caller prefers it.
enum PinPageAnswer: EndpointAnswer {
    case page(Page, cookie: String)
    case pinned(Pinned)
    /// Lists the nodes that can be picked.
    case refused(Page)

    static let responses = [
        Endpoint.Response(200, "Pinned for a week; the cookie is set.", [.page, .json(Pinned.schema)]),
        Endpoint.Response(
            400, "No client can be pinned to the node now; lists those that take pins.", [.page, .json(Refusal.schema)]),
        Endpoint.Response(403, "A page of another site led here; asks the person.", [.page, .json(Refusal.schema)]),
    ]

    var answer: Answer {
        switch self {
        case .page(let page, let cookie): Answer(.page(page), fields: [.setCookie: cookie])
        case .pinned(let pinned): pinned.answer
        case .refused(let page): Answer(.page(page), status: .badRequest)
        }
    }
}

/// Unpins by a page, or by JSON where the caller prefers it.
enum UnpinPageAnswer: EndpointAnswer {
    case page(Page)
    case cleared(Unpinned)

    static let responses = [
        Endpoint.Response(200, "The cookie is cleared.", [.page, .json(Unpinned.schema)]),
        Endpoint.Response(403, "A page of another site led here; asks the person.", [.page, .json(Refusal.schema)]),
    ]

    var answer: Answer {
        switch self {
        case .page(let page): Answer(.page(page), fields: [.setCookie: PinCookie.clear])
        case .cleared(let cleared): cleared.answer
        }
    }
}

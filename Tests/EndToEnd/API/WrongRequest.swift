import Testing

/// A request that is refused, and how.
struct WrongRequest: Sendable, CustomTestStringConvertible {
    let operation: String
    let target: String
    var fields: [(String, String)] = []
    var body: String?
    let status: Int
    let reason: String

    var testDescription: String { "\(operation.prefix { $0 != " " }) \(target) \(body?.prefix(40) ?? "")" }

    private init(
        _ operation: String, _ query: String = "", _ status: Int = 400, _ reason: String, path: String? = nil,
        fields: [(String, String)] = [], body: String? = nil
    ) {
        self.operation = operation
        target = (path ?? String(operation.split(separator: " ")[1])) + query
        self.status = status
        self.reason = reason
        self.fields = fields
        self.body = body
    }

    static let all: [WrongRequest] = pages + pins + actions + tools

    private static let pages: [WrongRequest] = ["GET /lb/events", "GET /lb/moves"].flatMap { row in
        [
            WrongRequest(row, "?limit=0", 400, "invalid_limit"), WrongRequest(row, "?limit=1001", 400, "invalid_limit"),
            WrongRequest(row, "?before=x", 400, "invalid_before"),
            WrongRequest(row, "?node=a%20b", 400, "invalid_node"),
            WrongRequest(row, "?kind=party", 400, "invalid_kind"),
        ]
    }

    private static func set(_ body: String, _ reason: String, _ status: Int = 400) -> WrongRequest {
        WrongRequest("POST /lb/set-fixed-node", "", status, reason, body: body)
    }

    private static let pins: [WrongRequest] = [
        set("{", "invalid_json"), set("[1]", "wrong_type"), set(#"{"node":7}"#, "wrong_type"),
        set("{}", "missing_node"), set(#"{"node":"a b"}"#, "invalid_node"), set(#"{"node":"node9"}"#, "unknown_node"),
        set(#"{"node":"node1","expires":"x"}"#, "wrong_type"), set(#"{"node":"node1","expires":0}"#, "invalid_expires"),
        set(#"{"node":"node1","expires":31536001}"#, "invalid_expires"),
        set(#"{"node":"\#(String(repeating: "n", count: 17_000))"}"#, "body_too_large", 413),
        WrongRequest(
            "GET /lb/fixed-node/{node}", "", 400, "unknown_node", path: "/lb/fixed-node/node9",
            fields: [("Accept", "application/json")]),
        WrongRequest(
            "POST /lb/set-fixed-node", "", 403, "cross_site", fields: [("Origin", "http://evil.example")],
            body: #"{"node":"node1"}"#),
    ]

    private static let actions: [WrongRequest] = [
        WrongRequest("POST /lb/nodes/{node}/drain", "", 404, "unknown_node", path: "/lb/nodes/node9/drain"),
        WrongRequest("POST /lb/nodes/{node}/cordon", "", 404, "unknown_node", path: "/lb/nodes/node9/cordon"),
        WrongRequest("POST /lb/nodes/{node}/activate", "", 404, "unknown_node", path: "/lb/nodes/a%20b/activate"),
        WrongRequest("POST /lb/nodes/{node}/maintenance", "", 404, "unknown_node", path: "/lb/nodes/x/maintenance"),
        WrongRequest("POST /lb/pause", "?until=yesterday", 400, "invalid_until"),
        WrongRequest("POST /lb/pause", "?until=2001-01-01T00:00:00Z", 400, "invalid_until"),
        WrongRequest("POST /lb/pause", "", 400, "invalid_json", body: "{"),
        WrongRequest("POST /lb/trigger-rebalancing", "?max_moves=0", 400, "invalid_max_moves"),
        WrongRequest("POST /lb/trigger-rebalancing", "?dry_run=maybe", 400, "invalid_flag"),
        WrongRequest("GET /lb/trigger-rebalancing", "?dryrun=1", 400, "unknown_parameter"),
        WrongRequest("POST /lb/trigger-rebalancing", "", 400, "unexpected_body", body: "{\"dry_run\":true}"),
        WrongRequest("POST /lb/force-rebalance-all", "", 428, "confirmation_required"),
        WrongRequest("POST /lb/force-rebalance-all", "?confirm=no", 400, "invalid_flag"),
        WrongRequest("POST /lb/trigger-rebalancing", "?max_moves=2147483648", 400, "invalid_max_moves"),
        WrongRequest("GET /lb/force-rebalance-all", "?max_moves=x", 400, "invalid_max_moves"),
        WrongRequest(
            "GET /lb/update-loads", "", 403, "cross_site", fields: [("Sec-Fetch-Site", "cross-site")]),
    ]

    private static let tools: [WrongRequest] = [
        WrongRequest("GET /lb/debug-logs", "?lines=0", 400, "invalid_lines"),
        WrongRequest("GET /lb/debug-logs", "?level=loud", 400, "invalid_level"),
        WrongRequest("POST /lb/log-level", "?level=loud", 400, "invalid_level"),
        WrongRequest("POST /lb/log-level", "", 400, "invalid_json", body: "no"),
        WrongRequest(
            "GET /lb/events", "", 400, "invalid_before",
            fields: [("Accept", "text/event-stream"), ("Last-Event-ID", "x")]),
        WrongRequest(
            "GET /lb/events", "", 400, "invalid_before", fields: [("Last-Event-ID", "99999999999999999999")]),
    ]
}

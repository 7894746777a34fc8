import Testing

/// One call of one row of the API, and what the row promises of it.
struct APICall: Sendable, CustomTestStringConvertible {
    /// Who may.
    enum Rule: String, Sendable {
        case anybody, reader, admin
        /// Anybody, but no page of another site.
        case ownPin = "own pin"
    }

    /// What it answers while the database is away.
    enum Away: String, Sendable {
        /// The same: it does not ask the database.
        case same
        /// The last state, marked.
        case stale
        /// 503.
        case unavailable = "503"
    }

    /// As the description lists it: `POST /lb/nodes/{node}/drain`.
    let operation: String
    let target: String
    var fields: [(String, String)] = []
    var body: String?
    /// Asked of a healthy cluster.
    let status: Int
    let rule: Rule
    let away: Away

    var method: String { String(operation.prefix { $0 != " " }) }
    var path: String { String(target.prefix { $0 != "?" }) }
    var testDescription: String { "\(method) \(target)" }

    init(
        _ operation: String, _ target: String? = nil, _ status: Int = 200, _ rule: Rule, _ away: Away,
        fields: [(String, String)] = [], body: String? = nil
    ) {
        self.operation = operation
        self.target = target ?? String(operation.split(separator: " ")[1])
        self.status = status
        self.rule = rule
        self.away = away
        self.fields = fields
        self.body = body
    }
}

extension APICall {
    /// Every row, each harmless to a settled cluster that has no job: what changes something is undone by a later row.
    static let all: [APICall] = status + pins + actions + tools + redirects

    private static let status: [APICall] = [
        APICall("GET /lb/ping", .anybody, .same),
        APICall("GET /lb/ping", .anybody, .same, fields: [("Accept", "text/plain")]),
        APICall("GET /lb/ready", .anybody, .same),
        APICall("GET /lb/health", .reader, .stale),
        APICall("GET /lb/health-status", .reader, .stale),
        APICall("GET /lb/capacity", .reader, .stale),
        APICall("GET /lb/system-status", .reader, .stale),
        APICall("GET /lb/node-status", .reader, .stale),
        APICall("GET /lb/load-balancer-status", .reader, .stale),
        APICall("GET /lb/fault-detection-status", .reader, .stale),
        APICall("GET /lb/setup-status", .reader, .stale),
        APICall("GET /lb/leader", .reader, .stale),
        APICall("GET /lb/rebalancing-status", .reader, .stale),
        APICall("GET /lb/events", "/lb/events?limit=5", .reader, .stale),
        APICall("GET /lb/moves", "/lb/moves?limit=5", .reader, .stale),
    ]

    private static let page = [("Accept", "text/html"), ("Accept-Language", "en")]
    private static let json = [("Accept", "application/json")]

    private static let pins: [APICall] = [
        APICall("GET /lb/available-nodes", .anybody, .stale),
        APICall("GET /lb/fixed-node-status", .anybody, .stale, fields: [("Cookie", "KUMA_FIXED_NODE=node2")]),
        APICall("GET /lb/fixed-node/{node}", "/lb/fixed-node/node2", .ownPin, .same, fields: page),
        APICall("GET /lb/fixed-node/{node}", "/lb/fixed-node/node2", .ownPin, .same, fields: json),
        APICall("GET /lb/clear-fixed-node", .ownPin, .same, fields: page),
        APICall("GET /lb/clear-fixed-node", .ownPin, .same, fields: json),
        APICall("POST /lb/set-fixed-node", .ownPin, .same, body: #"{"node":"node2","expires":60}"#),
        APICall("POST /lb/clear-fixed-node", .ownPin, .same),
    ]

    private static let actions: [APICall] = [
        APICall("POST /lb/trigger-health-check", .admin, .stale),
        APICall("GET /lb/update-loads", .admin, .unavailable),
        APICall("POST /lb/update-loads", .admin, .unavailable),
        APICall("GET /lb/trigger-rebalancing", "/lb/trigger-rebalancing?dry_run=1", .admin, .unavailable),
        APICall("POST /lb/trigger-rebalancing", "/lb/trigger-rebalancing?dry_run=1", .admin, .unavailable),
        APICall("GET /lb/force-rebalance-all", nil, 428, .admin, .unavailable),
        APICall("POST /lb/force-rebalance-all", nil, 428, .admin, .unavailable),
        APICall("POST /lb/rebalancing/cancel", .admin, .unavailable),
        APICall("POST /lb/nodes/{node}/drain", "/lb/nodes/node3/drain", .admin, .unavailable),
        APICall("POST /lb/nodes/{node}/cordon", "/lb/nodes/node3/cordon", .admin, .unavailable),
        APICall("POST /lb/nodes/{node}/activate", "/lb/nodes/node3/activate", .admin, .unavailable),
        APICall("POST /lb/pause", "/lb/pause?reason=test", .admin, .unavailable),
        APICall("POST /lb/nodes/{node}/maintenance", "/lb/nodes/node3/maintenance", .admin, .unavailable),
        APICall("POST /lb/nodes/{node}/activate", "/lb/nodes/node3/activate", .admin, .unavailable),
        APICall("POST /lb/resume", .admin, .unavailable),
    ]

    private static let tools: [APICall] = [
        APICall("GET /lb/metrics", .reader, .same),
        APICall("GET /lb/openapi.json", .anybody, .same),
        APICall("GET /lb/debug-config", .admin, .same),
        APICall("GET /lb/debug-logs", "/lb/debug-logs?level=info&lines=50", .admin, .same),
        APICall("POST /lb/log-level", "/lb/log-level?level=info", .admin, .same),
    ]

    private static let redirects: [APICall] =
        [
            "/health", "/api/system-status", "/api/node-status", "/api/load-balancer-status",
            "/api/health-check-status", "/api/health-status", "/api/fault-detection-status", "/api/update-loads",
            "/api/trigger-rebalancing", "/api/force-rebalance-all", "/api/rebalancing-status",
            "/api/trigger-health-check", "/api/debug-config", "/api/debug-logs",
        ].flatMap { path in
            ["GET", "POST"].map { APICall("\($0) \(path)", "\(path)?x=1", 308, .anybody, .same) }
        }

    private init(
        _ operation: String, _ rule: Rule, _ away: Away, fields: [(String, String)] = [], body: String? = nil
    ) {
        self.init(operation, nil, 200, rule, away, fields: fields, body: body)
    }

    private init(
        _ operation: String, _ target: String, _ rule: Rule, _ away: Away, fields: [(String, String)] = []
    ) {
        self.init(operation, target, 200, rule, away, fields: fields)
    }
}

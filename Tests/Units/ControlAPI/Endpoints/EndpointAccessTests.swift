import ControlAPI
import Testing

/// Said a second time, by hand: a row that lets in more people than it should would otherwise take its own tests along.
@Suite("Who may do what")
struct EndpointAccessTests {
    private static let rules: [(Endpoint.Access, [String])] = [
        (
            .open,
            [
                "GET /lb/ping", "GET /lb/ready", "GET /lb/available-nodes", "GET /lb/fixed-node-status",
                "GET /lb/openapi.json",
            ]
        ),
        (
            .state,
            [
                "GET /lb/system-status", "GET /lb/setup-status", "GET /lb/leader", "GET /lb/health-status",
                "GET /lb/fault-detection-status", "GET /lb/load-balancer-status", "GET /lb/health",
                "GET /lb/node-status",
                "GET /lb/capacity", "GET /lb/events", "GET /lb/moves", "GET /lb/rebalancing-status", "GET /lb/metrics",
            ]
        ),
        (
            .ownPin,
            [
                "GET /lb/fixed-node/{node}", "POST /lb/set-fixed-node", "GET /lb/clear-fixed-node",
                "POST /lb/clear-fixed-node",
            ]
        ),
        (
            .admin,
            [
                "POST /lb/trigger-health-check", "GET /lb/update-loads", "POST /lb/update-loads", "POST /lb/pause",
                "POST /lb/nodes/{node}/drain", "POST /lb/nodes/{node}/cordon", "POST /lb/nodes/{node}/maintenance",
                "POST /lb/nodes/{node}/activate", "POST /lb/resume", "GET /lb/trigger-rebalancing",
                "POST /lb/trigger-rebalancing", "GET /lb/force-rebalance-all", "POST /lb/force-rebalance-all",
                "POST /lb/rebalancing/cancel", "GET /lb/debug-config", "GET /lb/debug-logs", "POST /lb/log-level",
            ]
        ),
    ]

    @Test("each row lets in whom it is to, and an old name only leads on")
    func access() {
        let known = Dictionary(uniqueKeysWithValues: Self.rules.flatMap { access, rows in rows.map { ($0, access) } })
        let rows = ControlAPI.endpoints.filter { $0.access != .redirect }
        #expect(Dictionary(uniqueKeysWithValues: rows.map { ($0.operation, $0.access) }) == known)
        for row in ControlAPI.endpoints where row.access == .redirect {
            #expect(row.path.hasPrefix("/api/") || row.path == "/health", "\(row.operation)")
        }
    }
}

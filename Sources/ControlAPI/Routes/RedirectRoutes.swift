import HTTPTypes

/// The names that scripts of the old system know: each sends the caller on to its `/lb/` name.
enum RedirectRoutes {
    static let names: [(old: String, new: String)] = [
        ("/health", "/lb/ping"),
        ("/api/system-status", "/lb/system-status"),
        ("/api/node-status", "/lb/node-status"),
        ("/api/load-balancer-status", "/lb/load-balancer-status"),
        ("/api/health-check-status", "/lb/health-status"),
        ("/api/health-status", "/lb/health-status"),
        ("/api/fault-detection-status", "/lb/fault-detection-status"),
        ("/api/update-loads", "/lb/update-loads"),
        ("/api/trigger-rebalancing", "/lb/trigger-rebalancing"),
        ("/api/force-rebalance-all", "/lb/force-rebalance-all"),
        ("/api/rebalancing-status", "/lb/rebalancing-status"),
        ("/api/trigger-health-check", "/lb/trigger-health-check"),
        ("/api/debug-config", "/lb/debug-config"),
        ("/api/debug-logs", "/lb/debug-logs"),
    ]

    static var endpoints: [Endpoint] {
        names.map { name in
            let action: Endpoint.Action = { request in answer(to: name.new, query: request.query) }
            return Endpoint(name.old, .redirect, [.get: action, .post: action])
        }
    }

    /// 308 keeps the method. The location is relative: whatever name and port the client used stay right behind any
    /// proxy.
    private static func answer(to path: String, query: String?) -> Answer {
        let location = query.map { "\(path)?\($0)" } ?? path
        let body: JSON = ["location": .string(location)]
        return Answer(.json(body), status: .permanentRedirect, fields: [.location: location])
    }
}

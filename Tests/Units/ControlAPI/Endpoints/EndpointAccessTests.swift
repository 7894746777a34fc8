import ControlAPI
import Testing

/// What the rows promise, said a second time and by hand: the end-to-end calls and the pages are made from the rows, so a row that
/// lets in more people than it should, or has lost a mark or an example, would take all of them along.
@Suite("What each row promises")
struct EndpointAccessTests {
    /// A row as its readers know it.
    struct Promise: Equatable {
        var access: Endpoint.Access
        var whileAway: Endpoint.WhileAway
        /// What its examples are answered with by a settled cluster, as far as tests make them.
        var tried = [200]
    }

    static let promises: [String: Promise] = {
        let read = Promise(access: .state, whileAway: .stale)
        let act = Promise(access: .admin, whileAway: .unavailable)
        let own = Promise(access: .ownPin, whileAway: .same)
        let open = Promise(access: .open, whileAway: .same)
        let inspect = Promise(access: .admin, whileAway: .same)
        return [
            "GET /lb/ping": Promise(access: .open, whileAway: .same, tried: [200, 200]), "GET /lb/ready": open,
            "GET /lb/system-status": read, "GET /lb/setup-status": read, "GET /lb/leader": read,
            "GET /lb/health-status": read, "GET /lb/fault-detection-status": read, "GET /lb/load-balancer-status": read,
            "GET /lb/health": read, "GET /lb/node-status": read, "GET /lb/capacity": read,
            "GET /lb/available-nodes": Promise(access: .open, whileAway: .stale), "GET /lb/events": read,
            "GET /lb/moves": read, "GET /lb/fixed-node-status": Promise(access: .open, whileAway: .stale),
            "GET /lb/fixed-node/{node}": Promise(access: .ownPin, whileAway: .same, tried: [200, 200]),
            "POST /lb/set-fixed-node": own,
            "GET /lb/clear-fixed-node": Promise(access: .ownPin, whileAway: .same, tried: [200, 200]),
            "POST /lb/clear-fixed-node": own,
            "POST /lb/trigger-health-check": Promise(access: .admin, whileAway: .stale), "GET /lb/update-loads": act,
            "POST /lb/update-loads": act, "POST /lb/pause": act, "POST /lb/nodes/{node}/drain": act,
            "POST /lb/nodes/{node}/cordon": act, "POST /lb/nodes/{node}/maintenance": act,
            "POST /lb/nodes/{node}/activate": act, "POST /lb/resume": act, "GET /lb/trigger-rebalancing": act,
            "POST /lb/trigger-rebalancing": act,
            "GET /lb/force-rebalance-all": Promise(access: .admin, whileAway: .unavailable, tried: [428]),
            "POST /lb/force-rebalance-all": Promise(access: .admin, whileAway: .unavailable, tried: [428]),
            "GET /lb/rebalancing-status": read, "POST /lb/rebalancing/cancel": act,
            "GET /lb/metrics": Promise(access: .state, whileAway: .same), "GET /lb/openapi.json": open,
            "GET /lb/debug-config": inspect, "GET /lb/debug-logs": inspect, "POST /lb/log-level": inspect,
        ]
    }()

    private static func promise(of row: Endpoint) -> Promise {
        let tried = row.examples.compactMap { example in
            switch example.use {
            case .tried(let status): status
            case .shown: nil
            }
        }
        return Promise(access: row.access, whileAway: row.whileAway, tried: tried)
    }

    @Test("to whom, what while the database is away, and what its examples are answered with")
    func kept() {
        let rows = ControlAPI.endpoints.filter { $0.access != .redirect }
        let served = Dictionary(uniqueKeysWithValues: rows.map { ($0.operation, Self.promise(of: $0)) })
        for operation in Set(served.keys).union(Self.promises.keys).sorted() {
            #expect(served[operation] == Self.promises[operation], "\(operation)")
        }
    }

    @Test("an old name only leads on, by GET and by POST")
    func oldNames() {
        let rows = ControlAPI.endpoints.filter { $0.access == .redirect }
        #expect(rows.count == 28)
        for row in rows {
            #expect(row.path.hasPrefix("/api/") || row.path == "/health", "\(row.operation)")
            #expect(Self.promise(of: row).tried == [308], "\(row.operation)")
        }
    }
}

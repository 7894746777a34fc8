import ClusterCore
import ControlAPI
import HTTPTypes
import Secrets
import Testing

@Suite("What every endpoint has in common")
struct CommonRulesTests {
    private let api = APIFixture()

    /// Every row that anybody may read and that answers in JSON.
    static let gets = ControlAPI.endpoints.filter { endpoint in
        endpoint.method == .get && [.open, .state].contains(endpoint.access)
            && endpoint.responses.contains { response in
                response.status == 200 && response.content.contains { $0.type == "application/json" }
            }
    }.map(\.path)

    @Test("are tried with all that anybody may read")
    func all() { #expect(Self.gets.count == 17) }

    @Test("JSON with its type, not stored, not sniffed, ended by a newline, signed by the balancer", arguments: gets)
    func fields(path: String) async throws {
        let reply = try await api.get(path)
        #expect(reply.status == 200)
        #expect(reply["Content-Type"] == "application/json; charset=utf-8")
        #expect(reply["Cache-Control"] == "no-store")
        #expect(reply["X-Content-Type-Options"] == "nosniff")
        #expect(reply["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'")
        #expect(reply["X-Balancer"] == "lb-test-1")
        #expect(reply["X-Routed-Via"] == nil && reply["X-Routed-To"] == nil)
        #expect(reply.text.hasSuffix("}\n") && !reply.text.hasSuffix("\n\n"))
        _ = try reply.object()
    }

    @Test("HEAD is GET without the body", arguments: gets + ["/lb/fixed-node/node1", "/lb/clear-fixed-node"])
    func head(path: String) async throws {
        let (get, head) = (try await api.get(path), try await api.ask(.head, path))
        #expect(head.status == get.status)
        #expect(head.text.isEmpty)
        #expect(head["Content-Type"] == get["Content-Type"])
        #expect(head["Content-Length"] == String(get.text.utf8.count))
    }

    @Test(
        "a wrong method is answered the right ones",
        arguments: [
            ("/lb/ping", "GET, HEAD"), ("/lb/set-fixed-node", "POST"), ("/lb/clear-fixed-node", "GET, HEAD, POST"),
            ("/lb/fixed-node/node1", "GET, HEAD"), ("/lb/trigger-health-check", "POST"),
            ("/lb/update-loads", "GET, HEAD, POST"), ("/health", "GET, HEAD, POST"),
            ("/lb/trigger-rebalancing", "GET, HEAD, POST"), ("/lb/force-rebalance-all", "GET, HEAD, POST"),
            ("/lb/rebalancing/cancel", "POST"), ("/lb/nodes/node1/drain", "POST"), ("/lb/pause", "POST"),
            ("/lb/resume", "POST"), ("/lb/moves", "GET, HEAD"), ("/lb/events", "GET, HEAD"),
            ("/lb/metrics", "GET, HEAD"), ("/lb/openapi.json", "GET, HEAD"), ("/lb/debug-config", "GET, HEAD"),
            ("/lb/debug-logs", "GET, HEAD"), ("/lb/log-level", "POST"),
        ])
    func wrongMethod(path: String, allowed: String) async throws {
        let reply = try await api.ask(.delete, path)
        #expect(reply.status == 405)
        #expect(reply["Allow"] == allowed)
        #expect(try reply.string("reason") == "method_not_allowed")
        #expect(try reply.object()["allowed"] as? [String] == allowed.split(separator: ", ").map(String.init))
        #expect(reply["X-Balancer"] == "lb-test-1")
    }

    @Test(
        "any other path is a 404 in JSON, whatever spelling of a real one it is",
        arguments: [
            "/lb/", "/lb", "/lb/nothing", "/lb/ping/", "/lb//ping", "//lb/ping", "/lb/%70ing", "/lb/./ping",
            "/lb/x/../ping", "/LB/ping", "/lb/Ping", "/lb/ping;a", "/lb/fixed-node", "/lb/fixed-node/",
            "/lb/fixed-node/a/b", "/", "/api/nothing", "/lb/ping%00",
        ])
    func unknown(path: String) async throws {
        let reply = try await api.get(path)
        #expect(reply.status == 404)
        #expect(reply.text == "{\"error\":\"no such endpoint\",\"reason\":\"not_found\"}\n")
        #expect(reply["Content-Type"] == "application/json; charset=utf-8")
        #expect(reply["X-Balancer"] == "lb-test-1")
    }

    @Test("a query does not change which endpoint is meant")
    func query() async throws {
        #expect(try await api.get("/lb/ping?x=/lb/leader").keys == ["status", "timestamp", "service"])
    }

    @Test("reading can be narrowed to some addresses; liveness and the caller's own pin stay open")
    func narrowed() async throws {
        var fixture = APIFixture()
        fixture.configuration.readingAllowed = [try AddressRange(parsing: "198.51.100.0/24")]
        fixture.configuration.adminToken = Secret("s3cret")
        let state = [
            "/lb/health", "/lb/node-status", "/lb/capacity", "/lb/system-status", "/lb/leader", "/lb/events",
            "/lb/metrics",
        ]
        for path in state {
            let reply = try await fixture.get(path)
            #expect(reply.status == 403, "\(path)")
            #expect(try reply.string("reason") == "address_not_allowed")
            #expect(try await fixture.get(path, ["Authorization": "Bearer s3cret"]).status == 200)
        }
        let open = [
            "/lb/ping", "/lb/ready", "/lb/available-nodes", "/lb/fixed-node-status", "/lb/fixed-node/node1",
            "/lb/clear-fixed-node",
        ]
        for path in open { #expect(try await fixture.get(path).status == 200, "\(path)") }
        fixture.client = "198.51.100.20"
        for path in state { #expect(try await fixture.get(path).status == 200, "\(path)") }
    }
}

@Suite("The old names")
struct RedirectTests {
    @Test(
        "lead to the new ones, with the query, whatever host the client used",
        arguments: [
            ("/health", "/lb/ping"), ("/api/system-status", "/lb/system-status"),
            ("/api/node-status", "/lb/node-status"), ("/api/load-balancer-status", "/lb/load-balancer-status"),
            ("/api/health-status", "/lb/health-status"), ("/api/health-check-status", "/lb/health-status"),
            ("/api/fault-detection-status", "/lb/fault-detection-status"),
            ("/api/trigger-health-check", "/lb/trigger-health-check"),
            ("/api/debug-config", "/lb/debug-config"),
            ("/api/debug-logs?level=warning&lines=5", "/lb/debug-logs?level=warning&lines=5"),
            ("/api/update-loads?", "/lb/update-loads?"),
            ("/api/trigger-rebalancing?dry_run=1&x=%2F", "/lb/trigger-rebalancing?dry_run=1&x=%2F"),
            ("/api/force-rebalance-all?confirm=yes", "/lb/force-rebalance-all?confirm=yes"),
            ("/api/rebalancing-status", "/lb/rebalancing-status"),
        ])
    func redirect(old: String, new: String) async throws {
        let fixture = APIFixture()
        for method in [HTTPRequest.Method.get, .head, .post] {
            let reply = try await fixture.ask(method, old, ["Sec-Fetch-Site": "cross-site"])
            #expect(reply.status == 308)
            #expect(reply["Location"] == new)
            #expect(reply["X-Balancer"] == "lb-test-1")
        }
        #expect(fixture.control.current.asked.isEmpty)
    }
}

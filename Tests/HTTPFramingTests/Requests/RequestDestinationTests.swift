import Testing

@testable import HTTPFraming

@Suite("The exact path decides who a request is for")
struct RequestDestinationTests {
    static func destination(_ target: String) -> String? {
        RequestReading.of(whole: head("GET \(target) HTTP/1.1", "Host: a")).summary?.destination
    }

    @Test(
        "the API's own names",
        arguments: [
            "/lb", "/lb/", "/lb?x", "/lb/ping", "/lb/fixed-node/node-2", "/lb/fixed-node/a.b", "/lb/nodes/n/drain?x=//",
            "/health", "/health?x=1", "/api/system-status", "/api/node-status", "/api/load-balancer-status",
            "/api/health-check-status", "/api/health-status", "/api/fault-detection-status", "/api/update-loads",
            "/api/trigger-rebalancing", "/api/force-rebalance-all", "/api/rebalancing-status",
            "/api/trigger-health-check", "/api/debug-config", "/api/debug-logs?lines=3",
        ])
    func controlAPI(_ target: String) { #expect(Self.destination(target) == "api") }

    @Test(
        "other spellings go to a node as they are",
        arguments: [
            "/", "/l", "/lbx", "/LB/ping", "/Lb", "//lb/ping", "/./lb/ping", "/x/../lb/ping", "/lb%2fping",
            "/lb%2Fping",
            "/%6cb/ping", "/lb%00", "/lb;x/ping", "/lb%5cping", "/lb\\ping", "/lb//ping", "/lb/./ping", "/lb/../ping",
            "/lb/..", "/lb/.", "/lb/x/%2e%2e/ping", "/lb/%2fping", "/lb/%5Cping", "/lb/ping%00", "/lb/a\\b", "/lb/x//",
            "/health/", "/healthz", "/Health", "/health%2f", "/api/v1/health", "/api/", "/api/node-status/",
            "/api/node-statuses", "/api//node-status", "/api/v1/monitors", "/api/v1/monitors/", "/api/v1/monitors/12a",
            "/api/v1/monitors/-1", "/api/v1/monitors/9223372036854775808", "/api/entry-page", "/socket.io",
            "/socket.iox/", "/Socket.io/",
        ])
    func node(_ target: String) { #expect(Self.destination(target) == "node") }

    @Test(
        "Socket.IO sessions and monitors are read from the target",
        arguments: [
            ("/socket.io/?EIO=4&transport=polling", "socket.io()"),
            ("/socket.io/?EIO=4&transport=polling&sid=abc-DEF_9", "socket.io(abc-DEF_9)"),
            ("/socket.io/?sid=a&sid=b", "socket.io(a)"), ("/socket.io/?xsid=a&sidx=b", "socket.io()"),
            ("/socket.io/?sid=" + String(repeating: "x", count: 65), "socket.io()"), ("/socket.io/", "socket.io()"),
            ("/api/v1/monitors/17", "monitor(17)"), ("/api/v1/monitors/17/beats?x", "monitor(17)"),
            ("/api/v1/monitors/9223372036854775807", "monitor(9223372036854775807)"),
        ])
    func resources(_ target: String, _ expected: String) { #expect(Self.destination(target) == expected) }
}

import ClusterCore
import NIOHTTP1
import StandInKuma
import Testing

@Suite("What a request asks of the stand-in node")
struct NodeRouteTests {
    @Test(
        "Paths that Kuma has are recognised",
        arguments: [
            (HTTPMethod.GET, "/", NodeRoute.page),
            (.GET, "/dashboard/1?x=y", .page),
            (.GET, "/api/v1/health", .health),
            (.HEAD, "/api/v1/health", .health),
            (.GET, "/api/v1/status", .status),
            (.GET, "/api/entry-page", .entryPage),
            (.POST, "/api/v1/reconcile-monitors", .reconcile),
            (.GET, "/api/v1/reconcile-monitors", .methodNotAllowed(allow: "POST")),
            (.GET, "/api/v1/monitors/42", .monitor(MonitorID(42))),
            (.GET, "/api/v1/nothing", .notFound),
        ])
    func kuma(method: HTTPMethod, target: String, expected: NodeRoute) {
        #expect(NodeRoute(method: method, target: target) == expected)
    }

    @Test(
        "Paths for tests carry their numbers",
        arguments: [
            ("/bytes/65536", NodeRoute.bytes(65536)),
            ("/slow?ms=250", .slow(.milliseconds(250))),
            ("/upload", .upload),
            ("/echo-headers", .echoHeaders),
        ])
    func tests(target: String, expected: NodeRoute) {
        #expect(NodeRoute(method: .GET, target: target) == expected)
    }

    @Test(
        "A number out of range is a bad request",
        arguments: [
            "/bytes/-1", "/bytes/x", "/bytes/99999999999", "/slow", "/slow?ms=999999", "/api/v1/monitors/x",
        ])
    func badNumbers(target: String) {
        guard case .badRequest = NodeRoute(method: .GET, target: target) else {
            Issue.record("\(target) was understood")
            return
        }
    }

    @Test("An Engine.IO query is taken apart")
    func engineIO() {
        let route = NodeRoute(method: .GET, target: "/socket.io/?EIO=4&transport=polling&t=x&sid=abc")
        #expect(route == .polling(EngineIOQuery(query: "EIO=4&transport=polling&sid=abc")))
    }
}

@Suite("Who may upgrade to a WebSocket")
struct WebSocketAdmissionTests {
    private func admission(_ target: String, _ fields: [(String, String)]) -> WebSocketAdmission {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: HTTPHeaders(fields))
        return WebSocketAdmission(head) { $0 == "known" }
    }

    @Test("Without Origin, or with one that names the Host, it is granted")
    func granted() {
        #expect(admission("/ws", [("Host", "kuma.example")]) == .echo)
        #expect(admission("/ws", [("Host", "kuma.example:8084"), ("Origin", "http://kuma.example:8084")]) == .echo)
    }

    @Test("An Origin that names another host is refused")
    func foreignOrigin() {
        guard
            case .refused(let status, _) = admission("/ws", [("Host", "kuma"), ("Origin", "http://evil.example")])
        else {
            Issue.record("granted")
            return
        }
        #expect(status == .forbidden)
    }

    @Test("A session of another node is refused with code 1; one of ours needs no Origin")
    func sessions() {
        let path = "/socket.io/?EIO=4&transport=websocket&sid="
        #expect(
            admission(path + "other", [("Host", "kuma")])
                == .refused(status: .badRequest, body: EngineIORefusal.unknownSession.json))
        #expect(
            admission(path + "known", [("Host", "kuma"), ("Origin", "http://x")]) == .engineIO(sid: "known"))
    }
}

import ControlAPI
import Logging
import Secrets
import Testing

@Suite("What an administrator looks at")
struct DebugEndpointsTests {
    private var local: APIFixture {
        var fixture = APIFixture()
        fixture.becomeAdministrator()
        return fixture
    }

    @Test("debug-config shows every setting with its source, the old fields first")
    func configuration() async throws {
        var fixture = local
        fixture.configuration.listen = ("0.0.0.0", 8084)
        fixture.configuration.settings = [
            ShownSetting(key: "DB_PASSWORD", value: "<redacted>", source: "environment", fallback: nil),
            ShownSetting(key: "LB_ID", value: nil, source: "default", fallback: nil),
        ]
        let reply = try await fixture.get("/lb/debug-config")
        #expect(reply.status == 200)
        #expect(reply.keys == ["enabled", "host", "port", "log_level", "settings", "configured_log_level"])
        #expect(try reply.object()["enabled"] as? Bool == false)
        #expect(try reply.object()["port"] as? Int == 8084)
        #expect(
            reply.text.contains(
                #"{"key":"DB_PASSWORD","value":"<redacted>","source":"environment","default":null}"#))
    }

    @Test("debug-logs shows the last lines, oldest first, as text or as JSON lines")
    func logs() async throws {
        let reply = try await local.get("/lb/debug-logs")
        #expect(reply.text == "debug looked\ninfo served\nerror failed\n")
        #expect(reply["Content-Type"] == "text/plain; charset=utf-8")
        #expect(try await local.get("/lb/debug-logs?level=info&lines=1").text == "error failed\n")
        #expect(try await local.get("/lb/debug-logs?level=info&lines=9").text == "info served\nerror failed\n")
        for accepted in ["application/x-ndjson", "application/json"] {
            let lines = try await local.get("/lb/debug-logs?level=error", ["Accept": accepted])
            #expect(lines["Content-Type"] == "application/x-ndjson; charset=utf-8")
            #expect(lines.text == #"{"level":"error","message":"failed"}"# + "\n")
        }
    }

    @Test(
        "a wrong parameter is named",
        arguments: [
            ("lines=0", "invalid_lines"), ("lines=5001", "invalid_lines"), ("lines=x", "invalid_lines"),
            ("level=loud", "invalid_level"), ("level=", "invalid_level"),
        ])
    func wrongParameters(query: String, reason: String) async throws {
        let reply = try await local.get("/lb/debug-logs?" + query)
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == reason)
    }

    @Test("the log level changes while the balancer runs, by query or by body, and shows what it was")
    func level() async throws {
        let fixture = local
        let reply = try await fixture.post("/lb/log-level?level=debug")
        #expect(reply.text == #"{"log_level":"debug","previous":"info","configured":"info"}"# + "\n")
        #expect(fixture.log.level == .debug)
        #expect(try await fixture.get("/lb/debug-config").object()["enabled"] as? Bool == true)
        let back = try await fixture.post("/lb/log-level", body: #"{"level":"warning"}"#)
        #expect(back.text == #"{"log_level":"warning","previous":"debug","configured":"info"}"# + "\n")
        for body in ["nonsense", #"{"level":7}"#] {
            #expect(try await fixture.post("/lb/log-level", body: body).string("reason") == "invalid_json")
        }
        for query in ["", "?level=", "?level=DEBUG"] {
            let refused = try await fixture.post("/lb/log-level" + query)
            #expect(refused.status == 400)
            #expect(try refused.string("reason") == "invalid_level")
            #expect(try refused.object()["allowed"] is [String])
        }
        #expect(fixture.log.level == .warning)
    }

    @Test(
        "nobody but an administrator sees or changes any of it",
        arguments: ["/lb/debug-config", "/lb/debug-logs", "/lb/log-level?level=trace"])
    func stranger(path: String) async throws {
        var fixture = APIFixture()
        let isChange = path.contains("log-level")
        func ask(_ fields: [String: String] = [:]) async throws -> Reply {
            isChange ? try await fixture.post(path, fields) : try await fixture.get(path, fields)
        }
        #expect(try await ask().status == 403)
        fixture.configuration.adminToken = Secret("s3cret")
        #expect(try await ask().status == 401)
        #expect(fixture.log.level == .info)
        #expect(try await ask(["Authorization": "Bearer s3cret"]).status == 200)
        #expect(try await ask(["Authorization": "Bearer s3cret", "Sec-Fetch-Site": "cross-site"]).status == 403)
    }
}

import ClusterCore
import ClusterStore
import ControlAPI
import ControlPlane
import HTTPTypes
import Secrets
import Testing

@Suite("What an administrator can set in motion")
struct ActionEndpointsTests {
    private static let actions = [
        "/lb/trigger-health-check", "/lb/update-loads", "/lb/trigger-rebalancing",
        "/lb/force-rebalance-all?confirm=yes",
        "/lb/rebalancing/cancel", "/lb/nodes/node1/drain", "/lb/nodes/node1/cordon", "/lb/nodes/node1/maintenance",
        "/lb/nodes/node1/activate",
        "/lb/pause", "/lb/resume",
    ]
    private static let gets = ["/lb/update-loads", "/lb/trigger-rebalancing", "/lb/force-rebalance-all?confirm=yes"]

    private func local() -> APIFixture {
        var fixture = APIFixture()
        fixture.becomeAdministrator()
        return fixture
    }

    @Test("trigger-health-check probes every node and shows what it found")
    func healthCheck() async throws {
        let fixture = local()
        let ids = try ["node1", "node2", "node3", "node4"].map { try NodeID($0) }
        fixture.control.change { script in
            script.checks = [
                NodeCheck(
                    node: ids[0], result: ProbeResult(finding: .healthy, detail: "200", duration: .milliseconds(12))),
                NodeCheck(
                    node: ids[1],
                    result: ProbeResult(finding: .degraded, detail: "database", duration: .milliseconds(1))),
                NodeCheck(
                    node: ids[2], result: ProbeResult(finding: .unhealthy, detail: "refused", duration: .zero)),
                NodeCheck(node: ids[3], result: nil),
            ]
        }
        let reply = try await fixture.post("/lb/trigger-health-check")
        #expect(reply.status == 200)
        #expect(reply.keys == ["status", "message", "nodes"])
        #expect(try reply.string("status") == "success")
        let nodes = try reply.objects("nodes")
        #expect(nodes.map { $0["healthy"] as? Bool } == [true, true, false, false])
        #expect(nodes[0]["ms"] as? Int == 12)
        #expect(reply.text.contains(#"{"node_id":"node1","healthy":true,"detail":"200","ms":12}"#))
        #expect(fixture.control.current.probeRounds == 1)
    }

    @Test("update-loads recounts by GET and by POST")
    func updateLoads() async throws {
        let fixture = local()
        let id = try NodeID("node1")
        fixture.control.change { $0.recounts = [MonitorRecount(node: id, before: 3, after: 5)] }
        for reply in [try await fixture.get("/lb/update-loads"), try await fixture.post("/lb/update-loads")] {
            #expect(reply.status == 200)
            #expect(reply.keys == ["status", "timestamp", "nodes"])
            #expect(reply.text.hasSuffix(#""nodes":[{"node_id":"node1","before":3,"after":5}]}"# + "\n"))
        }
        #expect(fixture.control.current.recountRounds == 2)
    }

    @Test("HEAD does nothing, also where GET acts", arguments: gets)
    func head(path: String) async throws {
        let fixture = local()
        #expect(try await fixture.ask(.head, path).status == 200)
        #expect(try await APIFixture(control: fixture.control).ask(.head, path).status == 403)
        #expect(fixture.control.current.recountRounds == 0)
        #expect(fixture.control.current.asked.isEmpty)
    }

    @Test("a database that refuses is not one that is away")
    func refused() async throws {
        let fixture = local()
        fixture.control.change { $0.storeError = .refused(code: 1054, reason: "Unknown column 'x'") }
        let reply = try await fixture.post("/lb/update-loads")
        #expect(reply.status == 500)
        #expect(try reply.string("reason") == "database_refused")
        #expect(!reply.text.contains("column"))
    }

    @Test("a stranger is refused and nothing happens", arguments: actions)
    func stranger(path: String) async throws {
        var fixture = APIFixture()
        fixture.configuration.adminAllowed = AddressRange.loopback
        let reply = try await fixture.post(path)
        #expect(reply.status == 403)
        #expect(try reply.string("reason") == "admin_required")
        var unknown = fixture
        unknown.client = nil
        #expect(try await unknown.post(path).status == 403)
        unknown.client = "127.0.0.1, 203.0.113.5"
        #expect(try await unknown.post(path).status == 403)
        #expect(fixture.control.current.probeRounds + fixture.control.current.recountRounds == 0)
        #expect(fixture.control.current.asked.isEmpty)
    }

    @Test("the token opens, and a wrong one is asked for again", arguments: actions)
    func token(path: String) async throws {
        var fixture = APIFixture()
        fixture.configuration.adminToken = Secret("s3cret")
        let reply = try await fixture.post(path)
        #expect(reply.status == 401)
        #expect(reply["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
        #expect(try await fixture.post(path, ["Authorization": "Bearer wrong"]).status == 401)
        #expect(try await fixture.post(path, ["Authorization": "Bearer s3cret"]).status == 200)
    }

    @Test("another site's page can do nothing in an administrator's browser", arguments: actions)
    func crossSite(path: String) async throws {
        let fixture = local()
        for fields in [
            ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Origin": "http://localhost:9"],
        ] {
            let reply = try await fixture.post(path, fields)
            #expect(reply.status == 403)
            #expect(try reply.string("reason") == "cross_site")
        }
        for path in Self.gets {
            #expect(try await fixture.get(path, ["Sec-Fetch-Site": "cross-site"]).status == 403)
        }
        #expect(fixture.control.current.probeRounds + fixture.control.current.recountRounds == 0)
        #expect(fixture.control.current.asked.isEmpty)
    }

    @Test("an image on a page does nothing by an administrator's address; the token and POST do", arguments: gets)
    func embedded(path: String) async throws {
        var fixture = local()
        fixture.configuration.adminToken = Secret("s3cret")
        let agent = ["User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"]
        for fields in [agent, agent.merging(["Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"]) { $1 }] {
            let reply = try await fixture.get(path, fields)
            #expect(reply.status == 403)
            #expect(try reply.string("reason") == "cross_site")
            #expect(fixture.control.current.recountRounds == 0 && fixture.control.current.asked.isEmpty)
        }
        let token = agent.merging(["Authorization": "Bearer s3cret"]) { $1 }
        #expect(try await fixture.get(path, token).status < 300)
        #expect(try await local().post(path, agent).status < 300)
        #expect(try await local().get(path, ["User-Agent": "curl/8.5.0"]).status < 300)
    }
}

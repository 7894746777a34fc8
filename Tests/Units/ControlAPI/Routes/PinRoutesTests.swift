import ClusterCore
import Foundation
import Testing

@Suite("A pin by JSON")
struct PinByBodyTests {
    private let api = APIFixture()

    @Test("sets the caller's cookie for a week, or as long as asked")
    func set() async throws {
        let reply = try await api.post("/lb/set-fixed-node", body: #"{"node":"node2"}"#)
        #expect(reply.status == 200)
        #expect(reply.keys == ["success", "node", "expires_in_seconds", "message"])
        #expect(try reply.object()["success"] as? Bool == true)
        #expect(try reply.object()["expires_in_seconds"] as? Int == 604_800)
        #expect(reply["Set-Cookie"] == "KUMA_FIXED_NODE=node2; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax")
        for expires in [1, 31_536_000] {
            let reply = try await api.post("/lb/set-fixed-node", body: "{\"node\":\"node1\",\"expires\":\(expires)}")
            #expect(reply["Set-Cookie"]?.contains("Max-Age=\(expires);") == true)
        }
    }

    @Test(
        "names what is wrong",
        arguments: [
            ("", "invalid_json"), ("{", "invalid_json"), ("node2", "invalid_json"), ("[]", "wrong_type"),
            (#""node2""#, "wrong_type"), ("{}", "missing_node"), (#"{"node":null}"#, "missing_node"),
            (#"{"node":2}"#, "wrong_type"), (#"{"node":["node2"]}"#, "wrong_type"),
            (#"{"node":"node2","expires":"60"}"#, "wrong_type"), (#"{"node":"node2","expires":true}"#, "wrong_type"),
            (#"{"node":"node2","expires":0}"#, "invalid_expires"),
            (#"{"node":"node2","expires":-5}"#, "invalid_expires"),
            (#"{"node":"node2","expires":31536001}"#, "invalid_expires"),
            (#"{"node":"node2","expires":1.5}"#, "invalid_expires"),
            (#"{"node":"node2","expires":1e30}"#, "invalid_expires"),
            (#"{"node":""}"#, "invalid_node"), (#"{"node":"a b"}"#, "invalid_node"),
            (#"{"node":"node2; Path=/; Domain=x"}"#, "invalid_node"), (#"{"node":"node9"}"#, "unknown_node"),
            (#"{"node":"node3"}"#, "node_offline"),
        ])
    func wrong(body: String, reason: String) async throws {
        let reply = try await api.post("/lb/set-fixed-node", body: body)
        #expect(reply.status == 400)
        #expect(Array(reply.keys.prefix(2)) == ["error", "reason"])
        #expect(try reply.string("reason") == reason)
        #expect(reply["Set-Cookie"] == nil)
    }

    @Test("a refusal of a node lists the nodes one may pin")
    func allowed() async throws {
        let reply = try await api.post("/lb/set-fixed-node", body: #"{"node":"node3"}"#)
        #expect(try reply.object()["allowed"] as? [String] == ["node1", "node2"])
    }

    @Test("a body above 16 KiB is refused, one of exactly 16 KiB is read")
    func tooLarge() async throws {
        let wish = #"{"node":"node2"}"#
        let largest = wish + String(repeating: " ", count: 16_384 - wish.utf8.count)
        #expect(try await api.post("/lb/set-fixed-node", body: largest).status == 200)
        let reply = try await api.post("/lb/set-fixed-node", body: largest + " ")
        #expect(reply.status == 413)
        #expect(try reply.string("reason") == "body_too_large")
        #expect(try reply.object()["limit"] as? Int == 16_384)
    }

    @Test("is cleared by POST and, for who wants JSON, by GET")
    func clear() async throws {
        let replies = [
            try await api.post("/lb/clear-fixed-node"),
            try await api.get("/lb/clear-fixed-node", ["Accept": "application/json"]),
        ]
        for reply in replies {
            #expect(reply.status == 200)
            #expect(reply.keys == ["success", "message"])
            #expect(reply["Set-Cookie"] == "KUMA_FIXED_NODE=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        }
    }

    @Test("is set for anybody, but never for another site")
    func crossSite() async throws {
        let body = #"{"node":"node2"}"#
        let foreign = try await api.post("/lb/set-fixed-node", ["Origin": "https://evil.example"], body: body)
        #expect(foreign.status == 403)
        #expect(try foreign.string("reason") == "cross_site")
        #expect(foreign["Set-Cookie"] == nil)
        let clear = try await api.post("/lb/clear-fixed-node", ["Sec-Fetch-Site": "cross-site"])
        #expect(clear.status == 403)
        let own = ["Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"]
        #expect(try await api.post("/lb/set-fixed-node", own, body: body).status == 200)
    }
}

@Suite("The status of a pin")
struct PinStatusTests {
    private let api = APIFixture()

    private func status(_ cookie: String?) async throws -> Reply {
        try await api.get("/lb/fixed-node-status", cookie.map { ["Cookie": $0] } ?? [:])
    }

    @Test("without a cookie there is none")
    func none() async throws {
        let reply = try await status(nil)
        #expect(reply.keys == ["has_fixed_node", "current_node", "is_valid", "cluster_status"])
        #expect(try reply.object()["has_fixed_node"] as? Bool == false)
        #expect(try reply.object()["current_node"] is NSNull)
        let cluster = try #require(try reply.object()["cluster_status"] as? [String: Any])
        #expect(cluster["online_nodes"] as? Int == 2)
    }

    @Test("a pin to an online node is valid")
    func valid() async throws {
        let reply = try await status("theme=dark; KUMA_FIXED_NODE=node2; lang=en")
        #expect(try reply.string("current_node") == "node2")
        #expect(try reply.object()["is_valid"] as? Bool == true)
        #expect(try reply.object()["invalid_reason"] == nil)
    }

    @Test("a pin that does not count says why", arguments: [("node3", "node_offline"), ("gone", "unknown_node")])
    func invalid(node: String, reason: String) async throws {
        let reply = try await status("KUMA_FIXED_NODE=" + node)
        #expect(try reply.object()["has_fixed_node"] as? Bool == true)
        #expect(try reply.object()["is_valid"] as? Bool == false)
        #expect(try reply.string("invalid_reason") == reason)
    }

    @Test("a cookie that is no node id is as good as none", arguments: ["", "\"node2\"", "a b", "<x>", "nöde"])
    func ignored(value: String) async throws {
        let reply = try await status("KUMA_FIXED_NODE=" + value)
        #expect(try reply.object()["has_fixed_node"] as? Bool == false)
    }

    @Test("another cookie's name is not taken for it")
    func exactName() async throws {
        let reply = try await status(
            "XKUMA_FIXED_NODE=node1; kuma_fixed_node=node1; KUMA_FIXED_NODE=node2; KUMA_FIXED_NODE=node1")
        #expect(try reply.string("current_node") == "node2")
    }

    @Test("a cordoned node takes no pin, by page or by JSON, and is not offered")
    func cordoned() async throws {
        var nodes = [try FixtureNode("up", name: ""), try FixtureNode("c", name: "")]
        nodes[1].adminState = .known(.cordon)
        let fixture = APIFixture(control: FixtureControl(.of(nodes)))
        let reply = try await fixture.post("/lb/set-fixed-node", body: #"{"node":"c"}"#)
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == "node_cordoned")
        #expect(try reply.object()["allowed"] as? [String] == ["up"])
        let page = try await fixture.get("/lb/fixed-node/c", ["Accept": "text/html"])
        #expect(page.status == 400 && page.text.contains("is cordoned and takes no new clients"))
        #expect(page["Set-Cookie"] == nil)
    }

    @Test("maintenance, a cordon, recovery and a missing address are told apart")
    func reasons() async throws {
        var nodes = [try FixtureNode("m", name: ""), try FixtureNode("r", name: "", status: .recovering)]
        nodes[0].adminState = .known(.maintenance)
        var homeless = try FixtureNode("h", name: "")
        homeless.address = nil
        var cordoned = try FixtureNode("c", name: "")
        cordoned.adminState = .known(.cordon)
        nodes += [homeless, cordoned]
        let fixture = APIFixture(control: FixtureControl(.of(nodes)))
        for (node, reason) in [
            ("m", "node_in_maintenance"), ("r", "node_recovering"), ("h", "node_unreachable"), ("c", "node_cordoned"),
        ] {
            let reply = try await fixture.get("/lb/fixed-node-status", ["Cookie": "KUMA_FIXED_NODE=" + node])
            #expect(try reply.string("invalid_reason") == reason)
        }
    }
}

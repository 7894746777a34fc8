import ClusterCore
import Testing

@Suite("The pin pages")
struct PinPagesTests {
    private let api = APIFixture()

    private static let english = ["Accept": "text/html,*/*;q=0.8", "Accept-Language": "en-GB,en;q=0.9,zh-TW;q=0.3"]
    private static let chinese = ["Accept": "text/html", "Accept-Language": "zh-TW,zh;q=0.9,en;q=0.8"]

    @Test("pin the browser for a week")
    func pin() async throws {
        let reply = try await api.get("/lb/fixed-node/node2", Self.english)
        #expect(reply.status == 200)
        #expect(reply["Content-Type"] == "text/html; charset=utf-8")
        #expect(reply["Set-Cookie"] == "KUMA_FIXED_NODE=node2; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax")
        #expect(reply.text.contains("Second (node2)"))
    }

    @Test("speak the language that is preferred, or both")
    func languages() async throws {
        let english = try await api.get("/lb/fixed-node/node2", Self.english)
        #expect(english.text.contains("pinned") && !english.text.contains("節點"))
        #expect(english["Content-Language"] == "en")
        let chinese = try await api.get("/lb/fixed-node/node2", Self.chinese)
        #expect(chinese.text.contains("節點") && !chinese.text.contains("pinned"))
        #expect(chinese["Content-Language"] == "zh-Hant")
        for unclear in [[:], ["Accept-Language": "*"], ["Accept-Language": "fr"], ["Accept-Language": "en,zh"]] {
            let both = try await api.get("/lb/fixed-node/node2", unclear)
            #expect(both.text.contains("pinned") && both.text.contains("節點"), "\(unclear)")
        }
    }

    @Test("have a strict policy: no script, nothing from elsewhere, style by nonce only")
    func policy() async throws {
        let reply = try await api.get("/lb/fixed-node/node2", Self.english)
        let policy = try #require(reply["Content-Security-Policy"])
        #expect(policy.hasPrefix("default-src 'none'; style-src 'nonce-"))
        #expect(!policy.contains("unsafe") && !policy.contains("*"))
        let nonce = try #require(policy.firstMatch(of: /'nonce-([0-9a-f]+)'/)?.1)
        #expect(reply.text.contains("<style nonce=\"\(nonce)\">"))
        #expect(!reply.text.contains("<script") && !reply.text.contains("style=") && !reply.text.contains("http"))
        #expect(reply["X-Content-Type-Options"] == "nosniff")
        #expect(reply["Cache-Control"] == "no-store")
        let other = try await api.get("/lb/fixed-node/node2", Self.english)
        #expect(other["Content-Security-Policy"] != policy)
    }

    @Test(
        "refuse a node that is offline, unknown or none, and list those one can pick",
        arguments: ["node3", "node9", "a%20b"])
    func refuse(node: String) async throws {
        let reply = try await api.get("/lb/fixed-node/" + node, Self.english)
        #expect(reply.status == 400)
        #expect(reply["Content-Type"] == "text/html; charset=utf-8")
        #expect(reply["Set-Cookie"] == nil)
        #expect(reply.text.contains(#"<a href="/lb/fixed-node/node1">First (node1)</a>"#))
        #expect(!reply.text.contains(#"href="/lb/fixed-node/node3""#))
    }

    @Test("take any valid node id, and answer JSON to who prefers it")
    func anyID() async throws {
        let fixture = APIFixture(control: FixtureControl(.of([try FixtureNode("kuma_A.eu-west-1", name: "")])))
        let page = try await fixture.get("/lb/fixed-node/kuma_A.eu-west-1")
        #expect(page["Set-Cookie"]?.hasPrefix("KUMA_FIXED_NODE=kuma_A.eu-west-1;") == true)
        let json = try await fixture.get("/lb/fixed-node/kuma_A.eu-west-1", ["Accept": "application/json"])
        #expect(json.keys == ["success", "node", "expires_in_seconds", "message"])
        let refused = try await fixture.get("/lb/fixed-node/other", ["Accept": "application/json"])
        #expect(refused.status == 400)
        #expect(try refused.string("reason") == "unknown_node")
    }

    @Test("escape what a node calls itself and what the path says")
    func escaping() async throws {
        let evil = #"<script>alert("1")</script>"#
        let fixture = APIFixture(control: FixtureControl(.of([try FixtureNode("node1", name: evil)])))
        for path in ["/lb/fixed-node/node1", "/lb/fixed-node/node2", "/lb/fixed-node/<script>alert(1)<"] {
            let reply = try await fixture.get(path, Self.english)
            #expect(!reply.text.contains("<script"), "\(path)")
        }
        #expect(try await fixture.get("/lb/fixed-node/node1").text.contains("&lt;script&gt;alert(&quot;1&quot;)"))
        #expect(
            try await fixture.get("/lb/available-nodes").text.contains(#""node_name":"<script>alert(\"1\")</script>""#))
    }

    @Test("clear the pin")
    func clear() async throws {
        let reply = try await api.get("/lb/clear-fixed-node", Self.english)
        #expect(reply.status == 200)
        #expect(reply["Set-Cookie"] == "KUMA_FIXED_NODE=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        #expect(reply.text.contains("no longer pinned"))
    }

    @Test("ask first when a link on another site led there")
    func crossSite() async throws {
        let fields = Self.english.merging(["Sec-Fetch-Site": "cross-site"]) { $1 }
        for path in ["/lb/fixed-node/node2", "/lb/clear-fixed-node"] {
            let reply = try await api.get(path, fields)
            #expect(reply.status == 403)
            #expect(reply["Set-Cookie"] == nil)
            #expect(reply.text.contains("<a href=\"\(path)\">Go on</a>"))
        }
    }
}

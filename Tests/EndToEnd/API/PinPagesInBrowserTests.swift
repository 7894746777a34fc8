import DemoCluster
import HTTPTestClient
import MariaDB
import SchemaChecking
import Testing
import Waiting

extension EndToEnd.API {
    /// What a real browser must show and must not do, in each language.
    @Test(
        "Pin pages in a real browser: pin, page, reload, clear; escaped names; nothing from elsewhere; no violation",
        .enabled(if: Browser.isThere))
    func pinPagesInBrowser() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let name = #"<img src=x onerror="alert(1)"> & 'Zwei' 節點二"#
        try await cluster.database.execute(
            "UPDATE node SET node_name = ? WHERE node_id = 'node2'", [.text(name)])
        let caller = try await APICaller(port: cluster.balancerPorts[0])
        try await eventually("the balancer knows the name") {
            let nodes = try await caller.json("/lb/node-status")["nodes"]?.elements ?? []
            return nodes.contains { $0["node_name"] == .string(name) }
        }
        let seen = try await Browser.walkThroughPinPages(port: cluster.balancerPorts[0], node: "node2")
        let languages: [(String, [String], String, String)] = [
            ("en", ["en"], "You are pinned to a node", "You are no longer pinned"),
            ("zh", ["zh-Hant"], "您已固定到節點", "已取消固定節點"),
            ("both", ["en", "zh-Hant"], "You are pinned to a node", "You are no longer pinned"),
        ]
        for (key, sections, pinned, cleared) in languages {
            let steps = try #require(seen[key])
            #expect(steps["pinned"]?["languages"] == .array(sections.map { .string($0) }))
            #expect(steps["pinned"]?["headings"]?.elements.first == .string(pinned))
            #expect(steps["pinned"]?["strong"]?.elements.allSatisfy { $0 == .string("\(name) (node2)") } == true)
            #expect(steps["cleared"]?["headings"]?.elements.first == .string(cleared))
            #expect(
                steps["cookie"]
                    == .array([
                        .object(["value": .string("node2"), "httpOnly": .bool(true), "sameSite": .string("Lax")])
                    ]))
            let onNode = JSONValue.object(["node": .string("node2"), "via": .string("fixed-node")])
            #expect(steps["opened"] == onNode, "\(key)")
            #expect(steps["reloads"] == .array([onNode, onNode, onNode]), "\(key)")
            #expect(steps["noCookie"] == .array([]) && steps["stillNoCookie"] == .array([]), "\(key)")
            #expect(steps["free"]?["via"] == .string("load-balancer"), "\(key)")
            #expect(steps["refused"]?["status"] == .number(400))
            #expect(steps["refused"]?["choices"]?.elements.contains(.string("/lb/fixed-node/node1")) == true)
            for page in ["pinned", "cleared", "refused", "picked"] { try expectStrict(steps[page], "\(key) \(page)") }
        }
        let foreign = try #require(seen["foreign"])
        #expect(foreign["asked"]?["status"] == .number(403))
        #expect(foreign["asked"]?["headings"] == .array([.string("Please confirm")]))
        #expect(foreign["cookie"] == .array([]), "another site's link alone pins nobody")
        #expect(foreign["confirmed"]?["headings"] == .array([.string("You are pinned to a node")]))
        #expect(foreign["pinned"]?.elements.count == 1)
        #expect(seen["complaints"] == .array([]))
        #expect(seen["elsewhere"] == .array([]), "requests to other places")
        #expect((seen["control"]?.elements.count ?? 0) >= 2, "a violation would have been seen")
        print("measured: 14 pages in Chromium, no policy violation, no request elsewhere")
    }

    /// The policy of a page held, and its own style sheet was admitted.
    private func expectStrict(_ page: JSONValue?, _ place: String) throws {
        let page = try #require(page)
        #expect(page["violations"] == .array([]), "\(place)")
        #expect(page["active"] == .number(0), "\(place)")
        // 36rem.
        #expect(page["width"] == .string("576px"), "\(place)")
        let policy = page["policy"]?.text ?? ""
        #expect(policy.hasPrefix("default-src 'none'; style-src 'nonce-") && !policy.contains("unsafe"), "\(place)")
    }
}

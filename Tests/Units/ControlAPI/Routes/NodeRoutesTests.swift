import ClusterCore
import Foundation
import Testing

@Suite("What the API tells of the nodes")
struct NodeRoutesTests {
    private let api = APIFixture()

    @Test("health lists each node, the old fields first")
    func health() async throws {
        let reply = try await api.get("/lb/health")
        #expect(reply.status == 200)
        #expect(reply.keys == ["timestamp", "nodes"])
        let nodes = try reply.objects("nodes")
        #expect(nodes.map { $0["node_id"] as? String } == ["node1", "node2", "node3"])
        #expect(nodes.map { $0["status"] as? String } == ["online", "online", "offline"])
        #expect(nodes[1]["monitor_count"] as? Int == 1_200)
        #expect(nodes[0]["last_seen"] as? String == "2026-01-02T03:04:05.000Z")
        #expect(abs(try #require(try reply.object()["timestamp"] as? Double) - Date.now.timeIntervalSince1970) < 5)
        #expect(reply.text.contains(#"{"node_id":"node1","status":"online","last_seen":"2026-01-02T03:04:05.000Z","#))
    }

    @Test("a cluster without nodes is an empty list, not null and not an object")
    func empty() async throws {
        let empty = APIFixture(control: FixtureControl(.of([])))
        #expect(try await empty.get("/lb/health").text.hasSuffix("\"nodes\":[]}\n"))
        #expect(try await empty.get("/lb/available-nodes").text.hasPrefix("{\"available_nodes\":[],\"total_count\":0,"))
    }

    @Test("node-status tells everything of a node")
    func nodeStatus() async throws {
        let reply = try await api.get("/lb/node-status")
        #expect(reply.keys == ["timestamp", "nodes"])
        let node = try #require(try reply.objects("nodes").first)
        #expect(node["node_name"] as? String == "First")
        #expect(node["host"] as? String == "node1.test:3001")
        #expect(node["speaker"] as? String == "agent")
        #expect(node["admin_state"] as? String == "active")
        #expect(node["routable"] as? Bool == true)
        #expect(node["ejected"] as? Bool == false)
        #expect(node["connections"] as? Int == 2)
        let agent = try #require(node["agent"] as? [String: Any])
        #expect(agent["health"] as? String == "healthy")
        #expect((agent["report_age_ms"] as? Int).map { $0 >= 400 } == true)
        #expect((node["probe"] as? [String: Any])?["ms"] as? Int == 5)
        let since = try Date(
            #require(node["status_since"] as? String),
            strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(abs(since.timeIntervalSinceNow + 60) < 5)
    }

    @Test("capacity counts against the limit of one node")
    func capacity() async throws {
        let reply = try await api.get("/lb/capacity")
        #expect(reply.keys == ["limit_per_node", "nodes", "unassigned", "orphaned"])
        let nodes = try reply.objects("nodes")
        #expect(nodes[0]["usage_percent"] as? Double == 0.5)
        #expect(nodes[0]["over_limit"] as? Bool == false)
        #expect(nodes[1]["usage_percent"] as? Double == 120)
        #expect(nodes[1]["over_limit"] as? Bool == true)
        #expect(nodes[1]["current_count"] as? Int == 1_200)
        #expect(try reply.object()["unassigned"] as? Int == 2)
        #expect(try reply.object()["orphaned"] as? Int == 1)
    }

    @Test("a state of a later version is shown as unknown", arguments: ["/lb/health", "/lb/node-status"])
    func unknownState(path: String) async throws {
        var node = try FixtureNode("node1", name: "")
        node.adminState = .unknown("quarantine")
        let fixture = APIFixture(control: FixtureControl(.of([node])))
        #expect(try await fixture.get(path).objects("nodes").map { $0["admin_state"] as? String } == ["unknown"])
        let metrics = try await fixture.get("/lb/metrics").text
        for (state, value) in [("unknown", 1), ("active", 0)] {
            let sample = #"kuma_cluster_node_admin_state{node_id="node1",admin_state="\#(state)"} \#(value)"#
            #expect(metrics.contains(sample + "\n"))
        }
    }

    @Test("available-nodes lists exactly those that can be pinned")
    func availableNodes() async throws {
        var nodes = [try FixtureNode("up", name: "Up"), try FixtureNode("draining", name: "D")]
        nodes[1].adminState = .known(.drain)
        var maintained = try FixtureNode("maintained", name: "M")
        maintained.adminState = .known(.maintenance)
        var homeless = try FixtureNode("homeless", name: "H")
        homeless.address = nil
        nodes += [maintained, homeless, try FixtureNode("down", name: "X", status: .offline)]
        let fixture = APIFixture(control: FixtureControl(.of(nodes)))
        let reply = try await fixture.get("/lb/available-nodes")
        #expect(reply.keys == ["available_nodes", "total_count", "clear_url"])
        let available = try reply.objects("available_nodes")
        #expect(available.map { $0["node_id"] as? String } == ["up", "draining"])
        #expect(available[0]["set_url"] as? String == "/lb/fixed-node/up")
        #expect(available[0]["node_name"] as? String == "Up")
        #expect(try reply.object()["total_count"] as? Int == 2)
        #expect(try reply.string("clear_url") == "/lb/clear-fixed-node")
    }
}

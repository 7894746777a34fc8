import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Testing

/// Only a judgement by silence waits until everybody could report.
@Suite("The first seconds of a balancer")
struct BeginningTests {
    /// A cluster whose agents report, and a balancer that has just begun to lead it.
    private func begun() async throws -> VirtualCluster {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 6)
        await cluster.run(for: .seconds(5))
        cluster.addBalancer()
        #expect(await cluster.run(upTo: .seconds(3)) { cluster.leaders() == [0] } != nil)
        return cluster
    }

    /// How long it takes until the node has no monitors.
    private func emptied(_ cluster: VirtualCluster, _ node: String) async throws -> Duration {
        let took = await cluster.run(upTo: .seconds(20)) { (try? await cluster.counts()[node]) == nil }
        return try #require(took)
    }

    @Test("a Kuma that dies then is replaced as fast as ever")
    func kumaDies() async throws {
        let cluster = try await begun()
        cluster.kill("node2")
        let took = try await emptied(cluster, "node2")
        #expect(took <= .milliseconds(3_500))
    }

    @Test("a Kuma that was dead before is replaced when its own agent has said so")
    func kumaWasDead() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 6)
        cluster.kill("node2")
        await cluster.run(for: .seconds(10))
        cluster.addBalancer()
        let took = try await emptied(cluster, "node2")
        #expect(took <= .milliseconds(4_500))
    }

    @Test("a person's order of maintenance is carried out")
    func maintenance() async throws {
        let cluster = try await begun()
        _ = try await cluster.store.setAdminState(.maintenance, of: try NodeID("node2"))
        let took = try await emptied(cluster, "node2")
        #expect(took <= .milliseconds(1_500))
    }

    @Test("monitors of a node that does not exist run")
    func unknownNode() async throws {
        let cluster = try await begun()
        cluster.tables.put(MonitorAssignment(id: MonitorID(100), home: NodeReference(text: "ghost")))
        let took = try await emptied(cluster, "ghost")
        #expect(took <= .milliseconds(2_500))
    }

    @Test("silence waits: who says nothing may not have been able to")
    func silence() async throws {
        let cluster = try await begun()
        cluster.kill("node2")
        cluster.agents[try NodeID("node2")] = nil
        let took = try await emptied(cluster, "node2")
        #expect(took >= .seconds(7))
    }
}

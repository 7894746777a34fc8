import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Testing

/// Nobody knows whether a node lives that is silent while silence is not judged.
@Suite("Nodes whose silence is not judged yet")
struct UnjudgedNodeTests {
    private func settled(nodes: Int) async throws -> VirtualCluster {
        let cluster = try await VirtualCluster(nodes: (1...nodes).map { "node\($0)" }, monitors: 6)
        cluster.addBalancer()
        await cluster.run(for: .seconds(15))
        return cluster
    }

    /// The database is away for 20 s, and comes back without some hosts: not even an agent is left there.
    private func loseDatabase(of cluster: VirtualCluster, with hosts: [String]) async throws {
        cluster.tables.fail(with: .unavailable(reason: "gone"))
        for name in hosts {
            cluster.agents[try NodeID(name)] = nil
            cluster.kill(name)
        }
        await cluster.run(for: .seconds(20))
        cluster.tables.fail(with: nil)
        _ = await cluster.run(upTo: .seconds(10)) { cluster.balancers[0].snapshot.database.isReachable }
    }

    private func emptied(_ cluster: VirtualCluster, _ node: String) async throws -> Duration {
        let took = await cluster.run(upTo: .seconds(20)) { (try? await cluster.counts()[node]) == nil }
        return try #require(took)
    }

    @Test("a host that went down with the database is given nothing after its return, neither urgent moves nor orphans")
    func wentWithDatabase() async throws {
        let cluster = try await settled(nodes: 4)
        cluster.tables.put(MonitorAssignment(id: MonitorID(100), home: NodeReference(text: "ghost")))
        cluster.kill("node1")
        try await loseDatabase(of: cluster, with: ["node2"])
        #expect(try await emptied(cluster, "node1") <= .milliseconds(3_500))
        let counts = try await cluster.counts()
        #expect(counts["ghost"] == nil)
        #expect(counts["node2"] == 6, "its own, until its silence is judged")
        await cluster.run(for: .seconds(20))
        #expect(try await cluster.counts()["node2"] == nil)
        #expect(cluster.tables.journal.allSatisfy { $0.entry.to.text != "node2" }, "never")
    }

    @Test("orphans wait until anybody has reported after the outage")
    func orphans() async throws {
        let cluster = try await settled(nodes: 2)
        cluster.tables.fail(with: .unavailable(reason: "gone"))
        cluster.agents[try NodeID("node1")] = nil
        cluster.kill("node1")
        await cluster.run(for: .seconds(20))
        cluster.tables.put(MonitorAssignment(id: MonitorID(100), home: NodeReference(text: "ghost")))
        cluster.tables.fail(with: nil)
        #expect(await cluster.run(upTo: .seconds(10)) { cluster.runner(100) != "ghost" } != nil)
        #expect(cluster.runner(100) == "node2")
    }

    @Test("where only such nodes are left they are given what nobody runs, once all who live could have reported")
    func lastResort() async throws {
        let cluster = try await settled(nodes: 2)
        // Only its agent is gone: the leader would say so itself, a TTL after the database's return.
        cluster.agents[try NodeID("node2")] = nil
        cluster.kill("node1")
        try await loseDatabase(of: cluster, with: [])
        let took = try await emptied(cluster, "node1")
        #expect(took >= .milliseconds(3_500) && took <= .seconds(5))
        #expect(try await cluster.counts() == ["node2": 12])
    }

    @Test("where only such nodes are left a node in maintenance goes on running its monitors")
    func maintenance() async throws {
        let cluster = try await settled(nodes: 2)
        cluster.agents[try NodeID("node2")] = nil
        cluster.kill("node2")
        try await loseDatabase(of: cluster, with: [])
        _ = try await cluster.store.setAdminState(.maintenance, of: try NodeID("node1"))
        await cluster.run(for: .seconds(7))
        #expect(try await cluster.counts()["node1"] == 6)
    }

    @Test("while more than half of the nodes are silent together they are given nothing")
    func massSilence() async throws {
        let cluster = try await settled(nodes: 5)
        for name in ["node2", "node3", "node4"] { cluster.agents[try NodeID(name)] = nil }
        await cluster.run(for: .seconds(10))
        cluster.kill("node1")
        #expect(try await emptied(cluster, "node1") <= .milliseconds(3_500))
        #expect(try await cluster.counts() == ["node2": 6, "node3": 6, "node4": 6, "node5": 12])
    }
}

import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Synchronization
import Testing

@Suite("The database's clock, and what is remembered of the history")
struct ClockAndHistoryTests {
    private func settled(_ gate: (any ClusterStore) -> GatedStore? = { _ in nil }) async throws -> VirtualCluster {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 6)
        cluster.addBalancer(store: gate(cluster.store))
        await cluster.run(for: .seconds(15))
        return cluster
    }

    @Test("a clock that leaps moves nothing, and is told of", arguments: [90, -90, 3_600, -3_600])
    func leap(seconds: Int) async throws {
        let cluster = try await settled()
        cluster.time.leap(by: .seconds(seconds))
        await cluster.run(for: .seconds(60))
        #expect(cluster.tables.journal.isEmpty)
        #expect(try await cluster.events(.agentSilent).isEmpty)
        #expect(cluster.leaders() == [0])
        let skew = try #require(cluster.balancers[0].snapshot.database.skew)
        #expect(abs(skew.amount / .seconds(1) - Double(seconds)) < 1)
    }

    @Test("a host that vanishes as the clock is set back is replaced, and not an hour later")
    func vanishesWithTheClock() async throws {
        let cluster = try await settled()
        cluster.agents[try NodeID("node2")] = nil
        cluster.kill("node2")
        cluster.time.leap(by: .seconds(-3_600))
        let took = await cluster.run(upTo: .seconds(60)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(try #require(took) <= .seconds(20))
    }

    @Test("returns do not wait for a clock that was set back")
    func returnsAfterStepBack() async throws {
        let cluster = try await settled()
        cluster.kill("node2")
        _ = await cluster.run(upTo: .seconds(20)) { (try? await cluster.counts()["node2"]) == nil }
        try cluster.start("node2")
        await cluster.run(for: .seconds(5))
        cluster.time.leap(by: .seconds(-3_600))
        let took = await cluster.run(upTo: .seconds(120)) { (try? await cluster.counts()["node2"]) == 6 }
        #expect(try #require(took) <= .seconds(60))
    }

    @Test("a leader whose word for a node was overtaken by the node's own moves nothing on what it read before")
    func overtaken() async throws {
        let tables = Mutex<GatedStore?>(nil)
        let cluster = try await settled { store in
            let gate = GatedStore(inner: store)
            tables.withLock { $0 = gate }
            return gate
        }
        let gate = try #require(tables.withLock { $0 })
        let node2 = try NodeID("node2")
        let instance = try #require(cluster.agents[node2]?.instance)
        // The last word of an agent that is then cut off: offline. The node lives, as the leader's own checks say.
        cluster.agents[node2] = nil
        func report(_ status: NodeStatus, ok: Int, fail: Int) -> AgentReport {
            AgentReport(
                node: node2, name: "node2", host: "node2:3001", isPrimary: false, instance: instance, version: "test",
                status: status, health: .healthy, detail: "", okStreak: ok, failStreak: fail,
                probeTime: .milliseconds(2), interval: .seconds(2))
        }
        cluster.frozen = [0]
        _ = try await cluster.store.report(report(.offline, ok: 0, fail: 3))
        // The other agents go on; the leader sees this one's word only when it is too old to count.
        await cluster.run(for: .seconds(9))
        let spoken = Mutex(0)
        let online = report(.online, ok: 10, fail: 0)
        gate.beforeSpeak.withLock { hook in
            hook = { [store = cluster.store] in
                spoken.withLock { $0 += 1 }
                _ = try? await store.report(online)
            }
        }
        cluster.frozen = []
        await cluster.run(for: .seconds(20))
        #expect(spoken.withLock { $0 } >= 1)
        #expect(cluster.tables.journal.isEmpty)
    }

    @Test("the newest rows of the history and the journal are remembered while the database is away")
    func remembered() async throws {
        let cluster = try await settled()
        cluster.kill("node2")
        _ = await cluster.run(upTo: .seconds(20)) { (try? await cluster.counts()["node2"]) == nil }
        await cluster.run(for: .seconds(2))
        let events = try await cluster.store.events(EventQuery(limit: 100))
        let moves = try await cluster.store.moves(MoveQuery(limit: 100))
        #expect(events.contains { $0.event.kind == .monitorsMoved } && moves.count == 6)
        cluster.tables.fail(with: .unavailable(reason: "gone"))
        await cluster.run(for: .seconds(20))
        let history = cluster.balancers[0].snapshot.history
        #expect(history.events == events)
        #expect(history.moves == moves)
        #expect(history.events(EventQuery(limit: 1, kind: .nodeOffline)).map(\.event.node) == [try NodeID("node2")])
        #expect(history.moves(MoveQuery(limit: 100, node: try NodeID("node9"))).isEmpty)
    }

    @Test("a follower that began before there was any history knows its first lines before the next announcement")
    func rememberedEarly() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1"])
        _ = try await cluster.store.acquireLease(holder: BalancerID(text: "other"), ttl: .seconds(10))
        cluster.addBalancer()
        await cluster.run(for: .seconds(3))
        #expect(cluster.balancers[0].snapshot.history.events.isEmpty)
        try await cluster.store.record([ClusterEvent(.leaderElected, detail: "other leads")])
        await cluster.run(for: .seconds(2))
        cluster.tables.fail(with: .unavailable(reason: "gone"))
        await cluster.run(for: .seconds(2))
        #expect(cluster.balancers[0].snapshot.history.events.map(\.event.kind) == [.leaderElected])
    }

    @Test("a line that cannot be written is written when it can")
    func lateLine() async throws {
        let tables = Mutex<GatedStore?>(nil)
        let cluster = try await settled { store in
            let gate = GatedStore(inner: store)
            tables.withLock { $0 = gate }
            return gate
        }
        let gate = try #require(tables.withLock { $0 })
        gate.recordTrouble.withLock { $0 = .unavailable(reason: "connection reset") }
        cluster.kill("node2")
        await cluster.run(for: .seconds(4))
        #expect(try await cluster.events(.nodeOffline).isEmpty)
        gate.recordTrouble.withLock { $0 = nil }
        await cluster.run(for: .seconds(10))
        #expect(try await cluster.events(.nodeOffline).map(\.node) == [try NodeID("node2")])
    }
}

import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Synchronization
import Testing

/// Virtual time begins with a full minute.
@Suite("Planned moves wait for Kuma's own reading; urgent ones only where that loses nothing")
struct PlannedMoveTests {
    /// Three nodes with `monitors` each at second 15.
    private func settled(monitors: Int) async throws -> VirtualCluster {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: monitors)
        cluster.addBalancer { $0.pacing = PlannedMovePacer.Limits() }
        await cluster.run(for: .seconds(15))
        return cluster
    }

    /// Monitors that came to a node or left it in one moment.
    private struct Change {
        let minute: Int
        let second: Double
        let count: Int
    }

    /// Lets time pass until then, and notes the moments at which monitors moved.
    private func changes(
        of cluster: VirtualCluster, at node: String, until end: Duration
    ) async throws -> [Change] {
        var changes: [Change] = []
        var last = try await cluster.counts()[node] ?? 0
        while cluster.time.elapsed < end {
            let now = cluster.time.elapsed / .seconds(1)
            await cluster.tick()
            let count = try await cluster.counts()[node] ?? 0
            if count != last {
                let second = now.truncatingRemainder(dividingBy: 60)
                changes.append(Change(minute: Int(now) / 60, second: second, count: abs(count - last)))
            }
            last = count
        }
        return changes
    }

    @Test("monitors return 16 a minute, in seconds 52 to 57, after RETURN_HOLD")
    func returns() async throws {
        let cluster = try await settled(monitors: 40)
        let before = try await cluster.store.assignments()
        cluster.kill("node2")
        #expect(await cluster.run(upTo: .seconds(5)) { (try? await cluster.counts()["node2"]) == nil } != nil)
        await cluster.run(for: .seconds(5))
        try cluster.start("node2")
        let changes = try await changes(of: cluster, at: "node2", until: .seconds(300))
        #expect(changes.map(\.count) == [16, 16, 8])
        let first = try #require(changes.first).minute
        #expect(changes.map(\.minute) == [first, first + 1, first + 2])
        #expect(changes.allSatisfy { (52..<57).contains($0.second) })
        #expect(try await cluster.store.assignments() == before)
    }

    @Test("a node in maintenance gives 32 a minute to two others, and none while it runs them unwatched")
    func maintenance() async throws {
        let cluster = try await settled(monitors: 40)
        _ = try await cluster.store.setAdminState(.maintenance, of: try NodeID("node2"))
        let changes = try await changes(of: cluster, at: "node2", until: .seconds(150))
        #expect(changes.map(\.count) == [32, 8])
        #expect(changes.map(\.minute) == [0, 1])
        #expect(changes.allSatisfy { (52..<57).contains($0.second) })
        #expect(try await cluster.counts() == ["node1": 60, "node3": 60])
    }

    @Test("a node in maintenance whose Kuma ends is emptied at once")
    func maintenanceOfADeadNode() async throws {
        let cluster = try await settled(monitors: 40)
        _ = try await cluster.store.setAdminState(.maintenance, of: try NodeID("node2"))
        await cluster.run(for: .seconds(3))
        #expect(try await cluster.counts()["node2"] == 40)
        cluster.kill("node2")
        let took = await cluster.run(upTo: .seconds(10)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(try #require(took) <= .milliseconds(3_500))
    }

    @Test("a rebalancing takes its time and ends as done")
    func rebalancing() async throws {
        let cluster = try await settled(monitors: 40)
        for id in Int64(81)...120 {
            cluster.tables.put(MonitorAssignment(id: MonitorID(id), home: NodeReference(text: "node1")))
        }
        await cluster.run(for: .seconds(2))
        let answer = try await cluster.balancers[0].requestRebalance(RebalanceRequest(.rebalance), by: "me")
        guard case .started(let job, _) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(job.total == 40)
        let changes = try await changes(of: cluster, at: "node3", until: .seconds(190))
        #expect(changes.map(\.count) == [16, 16, 8])
        #expect(changes.allSatisfy { (52..<57).contains($0.second) })
        #expect(try await cluster.counts() == ["node1": 40, "node2": 40, "node3": 40])
        let ended = try #require(try await cluster.store.jobs().first)
        #expect(ended.state == .done && ended.moved == 40)
    }

    @Test("a node that dies in second 47 and is back in second 51 keeps its monitors")
    func backInTime() async throws {
        let cluster = try await settled(monitors: 40)
        await cluster.run(for: .seconds(32))
        cluster.kill("node2")
        await cluster.run(for: .seconds(4))
        #expect(cluster.balancers[0].snapshot.nodes[1].record.status == .offline)
        try cluster.start("node2")
        await cluster.run(for: .seconds(60))
        #expect(cluster.tables.journal.isEmpty)
        #expect(try await cluster.counts()["node2"] == 40)
    }

    @Test("a node that stays away loses them before second 00, in time for Kuma's own reading")
    func staysAway() async throws {
        let cluster = try await settled(monitors: 40)
        await cluster.run(for: .seconds(32))
        cluster.kill("node2")
        let changes = try await changes(of: cluster, at: "node2", until: .seconds(70))
        #expect(changes.map(\.count) == [40])
        #expect(changes.allSatisfy { $0.minute == 0 && (54..<55).contains($0.second) })
    }

    @Test("while moves are kept back no pass does what can come later")
    func nothingElse() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 40)
        let gate = GatedStore(inner: cluster.store)
        cluster.addBalancer(store: gate) { $0.pacing = PlannedMovePacer.Limits() }
        await cluster.run(for: .seconds(47))
        cluster.kill("node2")
        await cluster.run(for: .seconds(3))
        let (announced, passes) = (gate.announcements.withLock { $0 }, cluster.balancers[0].snapshot.passes.count)
        await cluster.run(for: .seconds(3.5))
        #expect(gate.announcements.withLock { $0 } == announced, "one is due in second 50 or 51")
        #expect(cluster.balancers[0].snapshot.passes.count >= passes + 10)
        await cluster.run(for: .seconds(7))
        #expect(gate.announcements.withLock { $0 } == announced + 1)
    }

    @Test("nothing returns in the reading that will start the monitors of a node that died in second 47")
    func returnsWait() async throws {
        let cluster = try await settled(monitors: 40)
        cluster.kill("node2")
        #expect(await cluster.run(upTo: .seconds(5)) { (try? await cluster.counts()["node2"]) == nil } != nil)
        try cluster.start("node2")
        await cluster.run(for: .seconds(107) - cluster.time.elapsed)
        cluster.kill("node3")
        let changes = try await changes(of: cluster, at: "node1", until: .seconds(120))
        #expect(changes.allSatisfy { $0.second >= 53 })
        #expect(changes.count == 1, "it takes what the dead node ran, and gives nothing in the same reading")
    }

    @Test("what an agent would start before second 50 is not kept back, nor is anything earlier in the minute")
    func notKeptBack() async throws {
        for (second, monitors) in [(30, 40), (44, 2)] {
            let cluster = try await settled(monitors: monitors)
            await cluster.run(for: .seconds(second - 15))
            cluster.kill("node2")
            let took = await cluster.run(upTo: .seconds(10)) { (try? await cluster.counts()["node2"]) == nil }
            #expect(try #require(took) <= .milliseconds(3_500))
        }
    }
}

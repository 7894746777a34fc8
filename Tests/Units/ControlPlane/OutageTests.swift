import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Synchronization
import Testing

@Suite("Silence and outages")
struct OutageTests {
    private func settled(nodes: [String] = ["node1", "node2", "node3"]) async throws -> VirtualCluster {
        let cluster = try await VirtualCluster(nodes: nodes, monitors: 6)
        cluster.addBalancer()
        await cluster.run(for: .seconds(15))
        return cluster
    }

    @Test("an agent that dies beside a living Kuma changes nothing but a warning")
    func agentDies() async throws {
        let cluster = try await settled()
        let node2 = try NodeID("node2")
        cluster.agents[node2] = nil
        await cluster.run(for: .seconds(120))
        #expect(cluster.tables.journal.isEmpty)
        #expect(try await cluster.events(.agentSilent).map(\.node) == [node2])
        #expect(cluster.balancers[0].snapshot.nodes[1].speaker == .balancer)
        #expect(cluster.balancers[0].snapshot.nodes[1].record.status == .online)
        cluster.startAgent(node2)
        await cluster.run(for: .seconds(5))
        #expect(try await cluster.events(.agentReturned).map(\.node) == [node2])
        #expect(cluster.balancers[0].snapshot.nodes[1].speaker == .agent)
    }

    @Test("a name that never resolves delays nobody else's checks, and is a failed check of its own")
    func stuckName() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: 1)
        cluster.addBalancer(lookup: { host, answer in
            // A dead name server: getaddrinfo(3) hangs.
            if host == "node1" { answer(.found([.ipv4(octets: 0x7F00_0001, port: 0)])) }
        })
        await cluster.run(for: .seconds(4))
        let early = cluster.balancers[0].snapshot.nodes
        #expect(early[0].probe?.status == .online)
        #expect(early[1].probe == nil, "as long as its name is being looked up nothing is said of it")
        await cluster.run(for: .seconds(10))
        let late = cluster.balancers[0].snapshot.nodes
        #expect(late[1].probe?.status == .offline)
        #expect(
            late[1].probe?.last.detail == "name not resolved: no answer from the resolver within 5.0 seconds")
        #expect(cluster.fates.probes.withLock { $0["node2"] } == nil)
        #expect(cluster.fates.probes.withLock { $0["node1"] ?? 0 } >= 5)
        // Its own agent, beside it, speaks for it: nothing moves.
        #expect(cluster.tables.journal.isEmpty)
    }

    @Test("a host that vanishes whole is replaced within 10 s")
    func hostVanishes() async throws {
        let cluster = try await settled()
        cluster.agents[try NodeID("node2")] = nil
        cluster.kill("node2")
        let took = await cluster.run(upTo: .seconds(20)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(try #require(took) <= .seconds(10))
        // It comes back without its agent: the leader speaks for it, and its monitors return after the hold.
        try cluster.start("node2")
        await cluster.run(for: .seconds(25))
        #expect(try await cluster.counts()["node2"] == nil)
        await cluster.run(for: .seconds(15))
        #expect(try await cluster.counts()["node2"] == 6)
    }

    @Test("a detached agent's node is spoken for at once")
    func detached() async throws {
        let cluster = try await settled()
        let node2 = try NodeID("node2")
        let agent = try #require(cluster.agents[node2])
        cluster.agents[node2] = nil
        try await cluster.store.detach(node2, instance: agent.instance)
        await cluster.run(for: .seconds(2))
        #expect(try await cluster.events(.agentSilent).map(\.node) == [node2])
        cluster.kill("node2")
        let took = await cluster.run(upTo: .seconds(20)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(try #require(took) <= .seconds(5))
    }

    @Test("a row without an agent or an address is not believed")
    func phantom() async throws {
        let cluster = try await settled()
        cluster.tables.kumaStarts(try NodeID("phantom"), host: nil)
        cluster.tables.put(MonitorAssignment(id: MonitorID(100), home: NodeReference(text: "phantom")))
        await cluster.run(for: .seconds(5))
        #expect(["node1", "node2", "node3"].contains(cluster.runner(100) ?? ""))
    }

    @Test("15 s without the database move nothing, then or afterwards; routing goes on")
    func databaseAway() async throws {
        let cluster = try await settled()
        let before = try await cluster.store.assignments()
        cluster.tables.fail(with: .unavailable(reason: "connection refused"))
        await cluster.run(for: .seconds(15))
        let during = cluster.balancers[0].snapshot
        #expect(!during.database.isReachable)
        #expect(during.database.lastError != nil)
        #expect(!during.leadership.isSelf)
        #expect(during.nodes.count { $0.isRoutable } == 3)
        #expect(cluster.publishers[0].table.nodes.count { $0.isReachable } == 3)
        cluster.tables.fail(with: nil)
        await cluster.run(for: .seconds(60))
        #expect(cluster.tables.journal.isEmpty)
        #expect(try await cluster.store.assignments() == before)
        #expect(cluster.balancers[0].snapshot.database.isReachable)
        #expect(cluster.leaders() == [0])
        #expect(try await cluster.events(.databaseReturned).count == 1)
        #expect(try await cluster.events(.agentSilent).isEmpty)
        #expect(try await cluster.events(.nodeOffline).isEmpty)
        #expect(try await cluster.events(.leaderElected).count == 1, "nobody else led meanwhile")
    }

    @Test("nodes that the outage made look dead get one TTL to report anew")
    func sufferedFromTheOutage() async throws {
        let cluster = try await settled()
        cluster.tables.fail(with: .deadlineExceeded(statement: "poll"))
        // Kuma hangs with its database: agents judge their nodes offline and cannot say so until it is back.
        for name in ["node1", "node2"] { cluster.fates.hang(name) }
        await cluster.run(for: .seconds(20))
        cluster.tables.fail(with: nil)
        _ = await cluster.run(upTo: .seconds(10)) { cluster.balancers[0].snapshot.database.isReachable }
        await cluster.run(for: .milliseconds(2_200))
        #expect(cluster.balancers[0].snapshot.nodes.map(\.record.status) == [.offline, .offline, .online])
        for name in ["node1", "node2"] { cluster.fates.revive(name) }
        await cluster.run(for: .seconds(60))
        #expect(cluster.tables.journal.isEmpty)
    }

    @Test("a node that died during the outage is replaced when its own agent has said so; a host's silence waits")
    func diedDuringOutage() async throws {
        for hasAgent in [true, false] {
            let cluster = try await settled()
            cluster.tables.fail(with: .unavailable(reason: "gone"))
            cluster.kill("node2")
            if !hasAgent { cluster.agents[try NodeID("node2")] = nil }
            await cluster.run(for: .seconds(20))
            cluster.tables.fail(with: nil)
            let took = await cluster.run(upTo: .seconds(30)) { (try? await cluster.counts()["node2"]) == nil }
            // Up to 4 s until the balancer looks at the database again.
            #expect(try #require(took) <= (hasAgent ? .seconds(7) : .seconds(15)))
            if !hasAgent { #expect(try #require(took) >= .seconds(8)) }
        }
    }

    @Test("right after the database's return a node that dies then is replaced as fast as ever")
    func diesAfterReturn() async throws {
        let cluster = try await settled()
        cluster.tables.fail(with: .unavailable(reason: "gone"))
        await cluster.run(for: .seconds(20))
        cluster.tables.fail(with: nil)
        _ = await cluster.run(upTo: .seconds(10)) { cluster.balancers[0].snapshot.database.isReachable }
        cluster.kill("node2")
        let took = await cluster.run(upTo: .seconds(10)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(try #require(took) <= .milliseconds(3_500))
    }

    @Test("when all agents fall silent together, the leader waits 15 s more")
    func massSilence() async throws {
        let cluster = try await settled(nodes: ["node1", "node2", "node3", "node4"])
        for name in ["node1", "node2", "node3"] {
            cluster.agents[try NodeID(name)] = nil
            cluster.kill(name)
        }
        let took = await cluster.run(upTo: .seconds(40)) {
            (try? await cluster.counts()) == ["node4": 24]
        }
        #expect(try #require(took) >= .seconds(8 + 15 - 3))
        #expect(try #require(took) <= .seconds(8 + 15 + 3))
    }

    @Test("a refused connect makes the prober look at once, and a good probe ends an ejection")
    func refusedConnect() async throws {
        let cluster = try await settled()
        let node = cluster.publishers[0].table.nodes[1]
        let before = cluster.fates.probes.withLock { $0["node2", default: 0] }
        node.traffic.connectFailed()
        node.traffic.eject(now: cluster.time.clock.monotonicNanoseconds(), draw: 0.5)
        #expect(cluster.balancers[0].snapshot.nodes[1].isEjected)
        await cluster.tick()
        #expect(cluster.fates.probes.withLock { $0["node2", default: 0] } == before + 1)
        #expect(!cluster.balancers[0].snapshot.nodes[1].isEjected)
    }

    @Test("the state file carries a balancer over a start without the database")
    func stateFile() async throws {
        let path = "/tmp/kuma-control-\(UInt64.random(in: .min ... .max)).json"
        defer { StateFiles.remove(path) }
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 6)
        cluster.addBalancer("lb1") { $0.stateFile = path }
        await cluster.run(for: .seconds(15))
        cluster.tables.fail(with: .unavailable(reason: "gone"))
        cluster.frozen = [0]
        cluster.addBalancer("lb2") { $0.stateFile = path }
        let table = cluster.publishers[1].table
        #expect(table.nodes.map(\.id.text) == ["node1", "node2", "node3"])
        #expect(table.nodes.allSatisfy { $0.isReachable && $0.monitorCount == 6 })
        #expect(table.nodes[0].address == .ipv4(octets: 0x7F00_0001, port: 3001))
        cluster.kill("node3")
        await cluster.run(for: .seconds(10))
        #expect(cluster.publishers[1].table.nodes.map(\.isReachable) == [true, true, false])
        #expect(cluster.balancers[1].snapshot.database.lastRead == nil)
        cluster.fates.revive("node3")
        cluster.tables.fail(with: nil)
        await cluster.run(for: .seconds(30))
        #expect(cluster.leaders() == [1])
        #expect(cluster.tables.journal.isEmpty)
    }

    @Test("probing all and recounting answer for every node")
    func control() async throws {
        let cluster = try await settled()
        cluster.kill("node3")
        let checks = await cluster.balancers[0].probeAllNodes()
        #expect(checks.map { $0.result?.finding } == [.healthy, .healthy, .unhealthy])
        for id in Int64(200)..<210 {
            cluster.tables.put(MonitorAssignment(id: MonitorID(id), home: NodeReference(text: "node1")))
        }
        let recounts = try await cluster.balancers[0].updateLoads()
        #expect(recounts.first?.after == 16)
        #expect(cluster.publishers[0].table.nodes[0].monitorCount == 16)
        await cluster.run(for: .seconds(3))
        #expect(cluster.publishers[0].table.nodes[0].monitorCount == 16)
    }

    @Test("a pass that moves for seconds is no outage of the database")
    func longPass() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 6)
        let gate = GatedStore(inner: cluster.store)
        cluster.addBalancer(store: gate)
        await cluster.run(for: .seconds(15))
        gate.beforeMove.withLock { $0 = { [time = cluster.time] in time.pass(.seconds(6)) } }
        cluster.kill("node2")
        await cluster.run(for: .seconds(10))
        #expect(try await cluster.counts()["node2"] == nil)
        await cluster.run(for: .seconds(5))
        #expect(try await cluster.events(.databaseReturned).isEmpty)
    }

    @Test(
        "a failure late in a long pass is no outage either",
        arguments: [
            StoreError.unavailable(reason: "reset"), .contended(reason: "locked"),
        ])
    func failsLate(error: StoreError) async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: MoveLimits.batch + 1)
        let gate = GatedStore(inner: cluster.store)
        cluster.addBalancer(store: gate)
        await cluster.run(for: .seconds(15))
        gate.beforeMove.withLock { $0 = { [time = cluster.time] in time.pass(.seconds(6)) } }
        gate.moveTroubles.withLock { $0 = [nil, error] }
        cluster.kill("node2")
        let took = await cluster.run(upTo: .seconds(15)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(took != nil)
        await cluster.run(for: .seconds(5))
        #expect(try await cluster.events(.databaseReturned).isEmpty)
    }

    @Test("a batch whose rows are locked keeps no other one from being moved in the same pass")
    func lockedBatch() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: MoveLimits.batch + 1)
        let gate = GatedStore(inner: cluster.store)
        cluster.addBalancer(store: gate)
        await cluster.run(for: .seconds(15))
        gate.moveTroubles.withLock { $0 = [.contended(reason: "locked"), nil] }
        cluster.kill("node2")
        _ = await cluster.run(upTo: .seconds(10)) { !cluster.tables.journal.isEmpty }
        #expect(cluster.tables.journal.count == 1)
        await cluster.run(for: .seconds(3))
        #expect(try await cluster.counts()["node2"] == nil)
        #expect(cluster.balancers[0].snapshot.database.lastError == nil)
    }

    @Test("after a batch that outlasted its deadline none is as large again, and everything is moved all the same")
    func tooLargeABatch() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: 2 * MoveLimits.batch)
        let gate = GatedStore(inner: cluster.store)
        cluster.addBalancer(store: gate)
        await cluster.run(for: .seconds(15))
        gate.moveTroubles.withLock { $0 = [.deadlineExceeded(statement: "move")] }
        cluster.kill("node2")
        let took = await cluster.run(upTo: .seconds(15)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(took != nil)
        // Quick ones make it grow, up to half of what failed.
        let half = MoveLimits.batch / 2
        #expect(gate.moveSizes.withLock { $0 } == [MoveLimits.batch, 1_000, 2_000, half, half, 2_000])
        #expect(cluster.tables.journal.count == 2 * MoveLimits.batch, "nothing twice")
    }

    @Test("a database user who may not complete the schema stops no pass, as long as what exists is enough")
    func missingRights() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: 3)
        let gate = GatedStore(inner: cluster.store)
        gate.schemaTrouble.withLock { $0 = .notPermitted(reason: "ALTER denied", sql: ["ALTER TABLE monitor …;"]) }
        cluster.addBalancer(store: gate)
        let failed = await cluster.run(upTo: .seconds(20)) { cluster.balancers[0].snapshot.database.lastError != nil }
        #expect(failed == nil)
        #expect(cluster.leaders() == [0])
        cluster.kill("node2")
        let took = await cluster.run(upTo: .seconds(10)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(took != nil)
    }

    @Test("a silent node whose row cannot be written keeps no other node's monitors from being moved")
    func unspeakable() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3", "node4", "node5"], monitors: 6)
        let gate = GatedStore(inner: cluster.store)
        gate.unspeakable.withLock { $0 = try? NodeID("node1") }
        cluster.addBalancer(store: gate)
        await cluster.run(for: .seconds(15))
        for name in ["node1", "node2"] {
            cluster.agents[try NodeID(name)] = nil
            cluster.kill(name)
        }
        let took = await cluster.run(upTo: .seconds(20)) { (try? await cluster.counts()["node2"]) == nil }
        #expect(took != nil)
    }

    @Test("while the table of the pause is missing nothing moves")
    func hiddenOrders() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: 4)
        let gate = GatedStore(inner: cluster.store)
        cluster.addBalancer(store: gate)
        await cluster.run(for: .seconds(15))
        gate.areOrdersHidden.withLock { $0 = true }
        cluster.kill("node2")
        await cluster.run(for: .seconds(30))
        #expect(try await cluster.counts()["node2"] == 4)
        gate.areOrdersHidden.withLock { $0 = false }
        #expect(await cluster.run(upTo: .seconds(10)) { (try? await cluster.counts()["node2"]) == nil } != nil)
    }

    @Test(
        "a crowd that reads is turned away at the door, and no pass waits for those inside", .timeLimit(.minutes(1)))
    func crowd() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1"])
        let gate = GatedStore(inner: cluster.store)
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let isOpen = Mutex(false)
        gate.beforeReading.withLock { hook in
            hook = {
                arrived.yield()
                while !isOpen.withLock({ $0 }) { await Task.yield() }
            }
        }
        cluster.addBalancer(readingStore: gate)
        let plane = cluster.balancers[0]
        let readers = (0..<ControlPlane.readers).map { number in
            Task {
                switch number % 3 {
                case 0: _ = try await plane.events(EventQuery())
                case 1: _ = try await plane.moves(MoveQuery())
                case _: _ = try await plane.rebalanceJobs()
                }
            }
        }
        var count = 0
        for await _ in arrivals {
            count += 1
            if count == readers.count { break }
        }
        await #expect(throws: StoreError.self) { try await plane.events(EventQuery()) }
        await #expect(throws: StoreError.self) { try await plane.moves(MoveQuery()) }
        await #expect(throws: StoreError.self) { try await plane.rebalanceJobs() }
        await cluster.run(for: .seconds(20))
        #expect(plane.snapshot.leadership.isSelf && plane.snapshot.passes.count > 10)
        isOpen.withLock { $0 = true }
        for reader in readers { try await reader.value }
        #expect(try await plane.moves(MoveQuery()).isEmpty)
    }
}

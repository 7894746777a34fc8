import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Logging
import Synchronization
import Testing
import Waiting

@Suite("Leadership")
struct LeadershipTests {
    private func pair() async throws -> VirtualCluster {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 6)
        cluster.addBalancer("lb1")
        cluster.addBalancer("lb2")
        await cluster.run(for: .seconds(15))
        return cluster
    }

    @Test("of two balancers one leads, both route")
    func one() async throws {
        let cluster = try await pair()
        #expect(cluster.leaders() == [0])
        #expect(cluster.balancers[1].snapshot.leadership.leader == BalancerID(text: "lb1"))
        #expect(cluster.balancers[1].snapshot.leadership.balancers.count == 2)
        for publisher in cluster.publishers { #expect(publisher.table.nodes.count { $0.isReachable } == 3) }
    }

    @Test("a killed leader is replaced within 12 s, and what it moved is not moved again")
    func takeover() async throws {
        let cluster = try await pair()
        cluster.kill("node2")
        await cluster.run(for: .seconds(8))
        cluster.frozen = [0]
        let took = await cluster.run(upTo: .seconds(20)) { cluster.leaders() == [1] }
        #expect(try #require(took) <= .seconds(12))
        await cluster.run(for: .seconds(10))
        #expect(cluster.tables.journal.count == 6)
        try cluster.start("node2")
        await cluster.run(for: .seconds(60))
        #expect(try await cluster.counts() == ["node1": 6, "node2": 6, "node3": 6])
        #expect(cluster.tables.journal.count == 6)
        #expect(try await cluster.events(.leaderElected).count == 2)
    }

    @Test("a node that dies together with the leader is replaced by the next leader")
    func bothDie() async throws {
        let cluster = try await pair()
        cluster.frozen = [0]
        cluster.kill("node2")
        await cluster.run(for: .seconds(15))
        #expect(try await cluster.counts() == ["node1": 9, "node3": 9])
    }

    @Test("a leader that wakes from a long pause finds itself deposed")
    func paused() async throws {
        let cluster = try await pair()
        cluster.frozen = [0]
        await cluster.run(for: .seconds(30))
        cluster.frozen = []
        #expect(cluster.leaders() == [1])
        await cluster.run(for: .seconds(2))
        #expect(cluster.leaders() == [1])
    }

    @Test("a leader paused between planning and writing writes nothing")
    func fenced() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 6)
        let gate = GatedStore(inner: cluster.store)
        cluster.addBalancer("lb1", store: gate)
        await cluster.run(for: .seconds(15))
        // While lb1's first move is under way, its lease runs out and another balancer takes it.
        gate.beforeMove.withLock { hook in
            hook = { [time = cluster.time, store = cluster.store] in
                time.pass(.seconds(11))
                _ = try? await store.acquireLease(holder: BalancerID(text: "lb2"), ttl: .seconds(10))
            }
        }
        cluster.kill("node2")
        _ = await cluster.run(upTo: .seconds(10)) { gate.beforeMove.withLock { $0 } == nil }
        #expect(cluster.tables.journal.isEmpty)
        #expect(cluster.leaders().isEmpty)
    }

    @Test("a leader whose first poll after its election fails knows what was moved while another one led")
    func journalOfAnother() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 6)
        let gate = GatedStore(inner: cluster.store)
        cluster.addBalancer("lb1", store: gate)
        cluster.addBalancer("lb2")
        await cluster.run(for: .seconds(15))
        #expect(cluster.leaders() == [0])
        cluster.frozen = [0]
        cluster.kill("node2")
        await cluster.run(for: .seconds(20))
        #expect(cluster.tables.journal.count == 6)
        cluster.frozen = [1]
        gate.failsAfterElection.withLock { $0 = true }
        #expect(await cluster.run(upTo: .seconds(20)) { cluster.leaders() == [0] } != nil)
        try cluster.start("node2")
        await cluster.run(for: .seconds(60))
        #expect(try await cluster.counts() == ["node1": 6, "node2": 6, "node3": 6])
        #expect(try await cluster.events(.leaderElected).count == 3)
    }

    @Test("the lease is believed no longer than the database holds it")
    func belief() {
        let start = ContinuousClock.now
        var machine = LeaderStateMachine(ttl: .seconds(10), renewal: .seconds(3))
        let lease = Lease(holder: BalancerID(text: "me"), epoch: 4)
        #expect(machine.isDue(now: start))
        let first = machine.answered(.held(lease, isNew: true), askedAt: start, now: start + .seconds(2))
        #expect(first == .elected(lease))
        #expect(!machine.isDue(now: start + .seconds(2.9)))
        #expect(machine.isDue(now: start + .seconds(3)))
        #expect(machine.lease(now: start + .seconds(9.9)) == lease)
        #expect(machine.lease(now: start + .seconds(10)) == nil)
        #expect(machine.elapsed(now: start + .seconds(10)) == .expired(lease))
        #expect(machine.elapsed(now: start + .seconds(11)) == .none)
    }

    @Test("a follower asks again as soon as the lease can be free")
    func follower() {
        let start = ContinuousClock.now
        var machine = LeaderStateMachine(ttl: .seconds(10), renewal: .seconds(3))
        let other = BalancerID(text: "other")
        _ = machine.answered(.heldByOther(other, epoch: 1, expiresIn: .seconds(9)), askedAt: start, now: start)
        #expect(!machine.isDue(now: start + .seconds(2.9)) && machine.isDue(now: start + .seconds(3)))
        _ = machine.answered(.heldByOther(other, epoch: 1, expiresIn: .seconds(1)), askedAt: start, now: start)
        #expect(!machine.isDue(now: start + .seconds(1)) && machine.isDue(now: start + .seconds(1.1)))
        let lease = Lease(holder: BalancerID(text: "me"), epoch: 2)
        _ = machine.answered(.held(lease, isNew: true), askedAt: start, now: start)
        let lost = machine.answered(.heldByOther(other, epoch: 3, expiresIn: .seconds(9)), askedAt: start, now: start)
        #expect(lost == .deposed)
    }

    @Test("on shutdown the lease is given back at once", .timeLimit(.minutes(1)))
    func release() async throws {
        let store: any ClusterStore = InMemoryClusterStore()
        var configuration = ControlPlaneConfiguration()
        configuration.tick = .milliseconds(5)
        let plane = ControlPlane(
            configuration: configuration, store: store, probe: NodeFates(), publisher: RoutingTablePublisher(),
            identity: BalancerPresence(id: BalancerID(text: "lb1"), address: "a", version: "v"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await plane.run() }
        try await eventually(within: .seconds(20)) { plane.snapshot.leadership.isSelf }
        running.cancel()
        try await running.value
        let answer = try await store.acquireLease(holder: BalancerID(text: "lb2"), ttl: .seconds(10))
        #expect(answer == .held(Lease(holder: BalancerID(text: "lb2"), epoch: 2), isNew: true))
    }
}

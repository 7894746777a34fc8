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
        #expect(cluster.balancers[1].state.leadership.leader == BalancerID(text: "lb1"))
        #expect(cluster.balancers[1].state.leadership.balancers.count == 2)
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
        try await eventually(within: .seconds(20)) { plane.state.leadership.isSelf }
        running.cancel()
        try await running.value
        let answer = try await store.acquireLease(holder: BalancerID(text: "lb2"), ttl: .seconds(10))
        #expect(answer == .held(Lease(holder: BalancerID(text: "lb2"), epoch: 2), isNew: true))
    }
}

/// A fault injector: runs hooks before the first move is written and before people read, and can refuse to make
/// the schema or to write one node's status.
final class GatedStore: ControlStore {
    let inner: any ClusterStore
    let announcements = Mutex(0)
    let beforeMove = Mutex<(@Sendable () async -> Void)?>(nil)
    let schemaTrouble = Mutex<StoreError?>(nil)
    let unspeakable = Mutex<NodeID?>(nil)
    let beforeSpeak = Mutex<(@Sendable () async -> Void)?>(nil)
    let recordTrouble = Mutex<StoreError?>(nil)
    /// One for each move that comes; nil lets it through.
    let moveTroubles = Mutex<[StoreError?]>([])
    /// How many monitors each move that came was of.
    let moveSizes = Mutex<[Int]>([])
    /// Whether the first poll after an election fails.
    let failsAfterElection = Mutex(false)
    private let failsNextPoll = Mutex(false)
    let areOrdersHidden = Mutex(false)
    let beforeReading = Mutex<(@Sendable () async -> Void)?>(nil)

    init(inner: any ClusterStore) { self.inner = inner }

    func move(_ moves: [PlannedMove], under lease: Lease) async throws(StoreError) -> [MonitorID] {
        let hook = beforeMove.withLock { $0 }
        if let hook {
            await hook()
            beforeMove.withLock { $0 = nil }
        }
        moveSizes.withLock { $0.append(moves.count) }
        let trouble = moveTroubles.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if let trouble { throw trouble }
        return try await inner.move(moves, under: lease)
    }

    func prepareSchema() async throws(StoreError) -> SchemaReport {
        if let trouble = schemaTrouble.withLock({ $0 }) { throw trouble }
        return try await inner.prepareSchema()
    }
    func poll() async throws(StoreError) -> ClusterPoll {
        let fails = failsNextPoll.withLock { fails in
            defer { fails = false }
            return fails
        }
        if fails { throw .unavailable(reason: "gone for a moment") }
        let poll = try await inner.poll()
        guard areOrdersHidden.withLock({ $0 }) else { return poll }
        var orders = StandingOrders()
        orders.source = .unreadable
        return ClusterPoll(
            nodes: poll.nodes, rejectedRows: poll.rejectedRows, isSetUp: poll.isSetUp, fingerprint: poll.fingerprint,
            orders: orders, time: poll.time)
    }
    func assignments() async throws(StoreError) -> [MonitorAssignment] { try await inner.assignments() }
    func announce(_ balancer: BalancerPresence) async throws(StoreError) -> [BalancerRecord] {
        announcements.withLock { $0 += 1 }
        return try await inner.announce(balancer)
    }
    func balancers() async throws(StoreError) -> [BalancerRecord] { try await inner.balancers() }
    func acquireLease(holder: BalancerID, ttl: Duration) async throws(StoreError) -> LeaseAnswer {
        let answer = try await inner.acquireLease(holder: holder, ttl: ttl)
        if case .held(_, isNew: true) = answer, failsAfterElection.withLock({ $0 }) {
            failsNextPoll.withLock { $0 = true }
        }
        return answer
    }
    func releaseLease(_ lease: Lease) async throws(StoreError) { try await inner.releaseLease(lease) }
    func speak(_ statement: SpokenStatus, under lease: Lease) async throws(StoreError) -> Bool {
        if unspeakable.withLock({ $0 }) == statement.node {
            throw .refused(code: 1366, reason: "Incorrect string value")
        }
        let hook = beforeSpeak.withLock { $0 }
        await hook?()
        return try await inner.speak(statement, under: lease)
    }
    func returnHome(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) -> [MonitorID] {
        try await inner.returnHome(moves, under: lease)
    }
    func forgetMoves(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) {
        try await inner.forgetMoves(moves, under: lease)
    }
    func openMoves() async throws(StoreError) -> [OpenMove] { try await inner.openMoves() }
    func setAdminState(_ state: AdminState, of node: NodeID) async throws(StoreError) -> Bool {
        try await inner.setAdminState(state, of: node)
    }
    func record(_ events: [ClusterEvent]) async throws(StoreError) {
        if let trouble = recordTrouble.withLock({ $0 }) { throw trouble }
        try await inner.record(events)
    }
    func events(_ query: EventQuery) async throws(StoreError) -> [RecordedEvent] {
        let hook = beforeReading.withLock { $0 }
        await hook?()
        return try await inner.events(query)
    }
    func recountMonitors() async throws(StoreError) -> [MonitorRecount] { try await inner.recountMonitors() }
}

import ClusterCore
import ClusterStore
import Synchronization

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
    func poll() async throws(StoreError) -> PollAnswer {
        let fails = failsNextPoll.withLock { fails in
            defer { fails = false }
            return fails
        }
        if fails { throw .unavailable(reason: "gone for a moment") }
        let answer = try await inner.poll()
        guard areOrdersHidden.withLock({ $0 }) else { return answer }
        var orders = StandingOrders()
        orders.source = .unreadable
        return PollAnswer(
            nodes: answer.nodes, rejectedRows: answer.rejectedRows, isSetUp: answer.isSetUp,
            fingerprint: answer.fingerprint, orders: orders, time: answer.time)
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

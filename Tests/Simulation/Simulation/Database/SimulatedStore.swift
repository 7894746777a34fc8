import ClusterCore
import ClusterStore
import RepeatableRandom

/// One process's way to the tables. Each call is three moments – sent, executed, answered – with anything in between.
struct SimulatedStore: Sendable {
    let process: SimulatedProcess
    let database: SimulatedDatabase
    let oracle: Oracle
    let sabotage: Sabotage?
    let inner: InMemoryClusterStore

    init(process: SimulatedProcess, database: SimulatedDatabase, oracle: Oracle, sabotage: Sabotage?) {
        self.process = process
        self.database = database
        self.oracle = oracle
        self.sabotage = sabotage
        inner = InMemoryClusterStore(database.tables)
    }

    private var scheduler: Scheduler { process.scheduler }

    typealias Body<Result> = @Sendable () async throws(StoreError) -> Result

    func call<Result: Sendable>(
        _ statement: Statement, _ body: @escaping Body<Result>
    ) async throws(StoreError) -> Result {
        await process.awake()
        guard !process.isDead else { throw .unavailable(reason: "this process is no more") }
        let passage = database.passage(of: statement)
        let sentAt = scheduler.now
        let arrival = Arrival(
            caller: process, statement: statement, sentAt: sentAt, snapshotOf: process.lastPoll, manner: .first)
        await scheduler.sleep(passage.toServer)
        if process.isCutFromDatabase { throw await gaveUp(arrival) }
        switch database.mode {
        case .up: break
        case .refusing:
            await process.awake()
            process.answers.notAnswered()
            throw .unavailable(reason: "connection refused")
        case .frozen:
            // What lies in the server's socket is executed when it goes on, whether anybody waits for it or not.
            if scheduler.random.chance(0.5) { stray(arrival, after: nil, body) }
            throw await gaveUp(arrival)
        }
        switch passage.fate {
        case .requestLost: throw await gaveUp(arrival)
        case .executedLate(let later):
            stray(arrival, after: SimulatedDatabase.Limits.deadline + later, body)
            throw await gaveUp(arrival)
        case .answerLost:
            _ = try? await execute(arrival, body)
            throw await gaveUp(arrival)
        case .repeated(let later):
            stray(arrival, after: later, body)
        case .ordinary: break
        }
        let result = await outcome { () async throws(StoreError) in try await execute(arrival, body) }
        await scheduler.sleep(passage.toCaller)
        if process.isCutFromDatabase { throw await gaveUp(arrival) }
        await process.awake()
        guard !process.isDead else { throw .unavailable(reason: "this process is no more") }
        process.answers.answered(statement, by: result, at: process.instant)
        return try result.get()
    }

    /// Waits until the driver does not wait any more; half of the time the connection breaks earlier.
    private func gaveUp(_ arrival: Arrival) async -> StoreError {
        defer { process.answers.notAnswered() }
        let deadline = arrival.sentAt + SimulatedDatabase.Limits.deadline
        if scheduler.random.chance(0.3) {
            await scheduler.sleep(scheduler.random.span(.zero...max(deadline - scheduler.now, .zero)))
            await process.awake()
            return .unavailable(reason: "connection reset")
        }
        await scheduler.sleep(deadline - scheduler.now)
        await process.awake()
        return .deadlineExceeded(statement: "any")
    }

    /// - Parameter span: nil: when a frozen server goes on.
    private func stray<Result: Sendable>(_ arrival: Arrival, after span: Duration?, _ body: @escaping Body<Result>) {
        guard arrival.statement.writes else { return }
        let stray = Arrival(
            caller: arrival.caller, statement: arrival.statement, sentAt: arrival.sentAt,
            snapshotOf: arrival.snapshotOf, manner: .stray)
        scheduler.start {
            await scheduler.sleep(span ?? .milliseconds(10))
            while database.mode == .frozen, !oracle.isClosed { await scheduler.sleep(.milliseconds(100)) }
            guard database.mode == .up, !oracle.isClosed else { return }
            _ = try? await execute(stray, body)
        }
    }

    private func execute<Result: Sendable>(
        _ arrival: Arrival, _ body: @escaping Body<Result>
    ) async throws(StoreError) -> Result {
        let before = oracle.look(before: arrival)
        let result = await outcome(body)
        switch result {
        case .success: oracle.executed(arrival, since: before, answer: .done)
        case .failure(let error): oracle.executed(arrival, since: before, answer: .refused(error))
        }
        return try result.get()
    }
}

/// Runs a call and keeps how it ended.
private func outcome<Result: Sendable>(
    _ body: @Sendable () async throws(StoreError) -> Result
) async -> Swift.Result<Result, StoreError> {
    do { return .success(try await body()) } catch { return .failure(error) }
}

extension SimulatedStore: AgentStore, ControlStore {
    func prepareSchema() async throws(StoreError) -> SchemaReport {
        try await call(.other("schema")) { () async throws(StoreError) in try await inner.prepareSchema() }
    }

    func report(_ report: AgentReport) async throws(StoreError) -> ReportAnswer {
        try await call(.report(report)) { () async throws(StoreError) in try await inner.report(report) }
    }

    func detach(_ node: NodeID, instance: AgentInstance) async throws(StoreError) {
        try await call(.detach(node, instance)) { () async throws(StoreError) in
            try await inner.detach(node, instance: instance)
        }
    }

    func monitors(runBy node: NodeID) async throws(StoreError) -> [MonitorID] {
        try await call(.read("monitors")) { () async throws(StoreError) in try await inner.monitors(runBy: node) }
    }

    func node(_ id: NodeID) async throws(StoreError) -> NodeRecord? {
        try await call(.read("node")) { () async throws(StoreError) in try await inner.node(id) }
    }

    func setAdminState(_ state: AdminState, of node: NodeID) async throws(StoreError) -> Bool {
        try await call(.other("admin state")) { () async throws(StoreError) in
            try await inner.setAdminState(state, of: node)
        }
    }

    func record(_ events: [ClusterEvent]) async throws(StoreError) {
        try await call(.other("record")) { () async throws(StoreError) in try await inner.record(events) }
    }

    func poll() async throws(StoreError) -> ClusterPoll {
        try await call(.poll) { () async throws(StoreError) in sabotage.spoil(try await inner.poll()) }
    }

    func assignments() async throws(StoreError) -> [MonitorAssignment] {
        try await call(.read("assignments")) { () async throws(StoreError) in try await inner.assignments() }
    }

    func announce(_ balancer: BalancerPresence) async throws(StoreError) -> [BalancerRecord] {
        try await call(.other("announce")) { () async throws(StoreError) in try await inner.announce(balancer) }
    }

    func balancers() async throws(StoreError) -> [BalancerRecord] {
        try await call(.read("balancers")) { () async throws(StoreError) in try await inner.balancers() }
    }

    func acquireLease(holder: BalancerID, ttl: Duration) async throws(StoreError) -> LeaseAnswer {
        try await call(.acquire(holder)) { () async throws(StoreError) in
            try await inner.acquireLease(holder: holder, ttl: ttl)
        }
    }

    func releaseLease(_ lease: Lease) async throws(StoreError) {
        try await call(.release(lease)) { () async throws(StoreError) in try await inner.releaseLease(lease) }
    }

    func speak(_ statement: SpokenStatus, under lease: Lease) async throws(StoreError) -> Bool {
        try await call(.speak(statement, lease)) { () async throws(StoreError) in
            try await inner.speak(sabotage.spoil(statement), under: sabotage.spoil(lease, on: database.tables))
        }
    }

    func move(_ moves: [PlannedMove], under lease: Lease) async throws(StoreError) -> [MonitorID] {
        try await call(.move(moves, lease)) { () async throws(StoreError) in
            try await inner.move(
                sabotage.spoil(moves, on: database.tables), under: sabotage.spoil(lease, on: database.tables))
        }
    }

    func returnHome(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) -> [MonitorID] {
        try await call(.giveBack(moves, lease)) { () async throws(StoreError) in
            try await inner.returnHome(moves, under: sabotage.spoil(lease, on: database.tables))
        }
    }

    func forgetMoves(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) {
        try await call(.forget(moves, lease)) { () async throws(StoreError) in
            try await inner.forgetMoves(moves, under: sabotage.spoil(lease, on: database.tables))
        }
    }

    func openMoves() async throws(StoreError) -> [OpenMove] {
        try await call(.read("open moves")) { () async throws(StoreError) in try await inner.openMoves() }
    }

    func events(_ query: EventQuery) async throws(StoreError) -> [RecordedEvent] {
        try await call(.read("events")) { () async throws(StoreError) in try await inner.events(query) }
    }

    func recountMonitors() async throws(StoreError) -> [MonitorRecount] {
        try await call(.other("recount")) { () async throws(StoreError) in try await inner.recountMonitors() }
    }
}

import AgentCore
import ClusterCore
import ClusterStore
import InMemoryClusterStore
import Logging
import ServiceLifecycle
import Synchronization
import Testing

/// A node whose health a test decides.
final class ScriptedProbe: NodeProbe {
    enum Behaviour: Sendable {
        case finding(ProbeResult.Finding)
        /// Hangs until the task is cancelled.
        case hanging
    }

    private let behaviour: Mutex<Behaviour>
    private let calls = Mutex(0)
    private let hung = Mutex(0)

    var count: Int { calls.withLock { $0 } }
    /// Calls that have begun to hang.
    var hangs: Int { hung.withLock { $0 } }

    init(_ behaviour: Behaviour) { self.behaviour = Mutex(behaviour) }

    func become(_ next: Behaviour) { behaviour.withLock { $0 = next } }

    func probe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult {
        calls.withLock { $0 += 1 }
        switch behaviour.withLock({ $0 }) {
        case .finding(let finding):
            return ProbeResult(finding: finding, detail: "\(finding)", duration: .milliseconds(1))
        case .hanging:
            hung.withLock { $0 += 1 }
            // Never answers; ends only with its task.
            for await _ in AsyncStream<Never>.makeStream().stream {}
            return ProbeResult(finding: .unhealthy, detail: "hung", duration: .seconds(5))
        }
    }
}

/// A connection that ends when a test says so.
final class ScriptedTether: NodeTether {
    private let (ends, ending) = AsyncStream<Void>.makeStream()

    func cut() { ending.yield() }

    func hold(_ address: NodeAddress) async -> TetherEnd {
        for await _ in ends { return .closed }
        return .cancelled
    }
}

/// Counts reconcile calls.
final class ScriptedTrigger: ReconcileTrigger {
    private let outcomes: Mutex<[ReconcileOutcome]>
    private let calls = Mutex(0)

    var count: Int { calls.withLock { $0 } }

    /// - Parameter outcomes: one a call; the last is repeated.
    init(_ outcomes: [ReconcileOutcome]) { self.outcomes = Mutex(outcomes) }

    func reconcile(_ address: NodeAddress, timeout: Duration) async -> ReconcileOutcome {
        calls.withLock { $0 += 1 }
        return outcomes.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .done }
    }
}

/// A reconcile call that lasts until a test ends it.
final class LastingTrigger: ReconcileTrigger {
    private struct State {
        var begun = 0
        var running = 0
        var mostAtOnce = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isOpen = false
    }

    private let state = Mutex(State())

    var begun: Int { state.withLock { $0.begun } }
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    /// Ends the calls under way; later ones end at once.
    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func reconcile(_ address: NodeAddress, timeout: Duration) async -> ReconcileOutcome {
        await withCheckedContinuation { waiter in
            let isOpen = state.withLock { state -> Bool in
                state.begun += 1
                state.running += 1
                state.mostAtOnce = max(state.mostAtOnce, state.running)
                if !state.isOpen { state.waiters.append(waiter) }
                return state.isOpen
            }
            if isOpen { waiter.resume() }
        }
        state.withLock { $0.running -= 1 }
        return .done
    }
}

/// The in-memory store, with a count of beats and a gate that makes every call hang, whatever the caller does.
final class GatedStore: AgentStore {
    private struct State {
        var isHanging = false
        var isForbidden = false
        var refusesReports = false
        var refusedReports = 0
        var historyTrouble: StoreError?
        var recordCalls = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
        var reports: [AgentReport] = []
        var schemaCalls = 0
    }

    let cluster: InMemoryCluster
    private let inner: any ClusterStore
    private let state = Mutex(State())

    init(_ cluster: InMemoryCluster) {
        self.cluster = cluster
        inner = InMemoryClusterStore(cluster)
    }

    var reports: [AgentReport] { state.withLock { $0.reports } }
    var schemaCalls: Int { state.withLock { $0.schemaCalls } }

    func hang() { state.withLock { $0.isHanging = true } }
    /// Beats do not arrive any more; everything else does.
    func refuseReports() { state.withLock { $0.refusesReports = true } }
    func takeReports() { state.withLock { $0.refusesReports = false } }
    var refusedReports: Int { state.withLock { $0.refusedReports } }
    func refuseHistory(with error: StoreError?) { state.withLock { $0.historyTrouble = error } }
    var recordCalls: Int { state.withLock { $0.recordCalls } }
    func forbidSchema() { state.withLock { $0.isForbidden = true } }

    func release() {
        let waiters = state.withLock { state in
            state.isHanging = false
            state.isForbidden = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func pass() async {
        await withCheckedContinuation { waiter in
            let isOpen = state.withLock { state -> Bool in
                if state.isHanging { state.waiters.append(waiter) }
                return !state.isHanging
            }
            if isOpen { waiter.resume() }
        }
    }

    func prepareSchema() async throws(StoreError) -> SchemaReport {
        await pass()
        let isForbidden = state.withLock { state in
            state.schemaCalls += 1
            return state.isForbidden
        }
        if isForbidden { throw .notPermitted(reason: "ALTER denied", sql: ["ALTER TABLE node ADD x INT"]) }
        return try await inner.prepareSchema()
    }

    func report(_ report: AgentReport) async throws(StoreError) -> ReportAnswer {
        await pass()
        let isRefused = state.withLock { state in
            if state.refusesReports { state.refusedReports += 1 }
            return state.refusesReports
        }
        if isRefused { throw .unavailable(reason: "connection reset") }
        let answer = try await inner.report(report)
        if case .conflict = answer.outcome { return answer }
        state.withLock { $0.reports.append(report) }
        return answer
    }

    func detach(_ node: NodeID, instance: AgentInstance) async throws(StoreError) {
        await pass()
        try await inner.detach(node, instance: instance)
    }

    func monitors(runBy node: NodeID) async throws(StoreError) -> [MonitorID] {
        await pass()
        return try await inner.monitors(runBy: node)
    }

    func node(_ id: NodeID) async throws(StoreError) -> NodeRecord? {
        await pass()
        return try await inner.node(id)
    }

    func setAdminState(_ state: AdminState, of node: NodeID) async throws(StoreError) -> Bool {
        try await inner.setAdminState(state, of: node)
    }

    func record(_ events: [ClusterEvent]) async throws(StoreError) {
        await pass()
        let trouble = state.withLock { state in
            state.recordCalls += 1
            return state.historyTrouble
        }
        if let trouble { throw trouble }
        try await inner.record(events)
    }

    func recordedKinds() async throws -> [ClusterEvent.Kind] {
        try await inner.events(EventQuery()).map(\.event.kind).reversed()
    }
}

/// One running agent, with beats a hundred times faster than in service.
struct AgentUnderTest: Sendable {
    let node: NodeID
    let store: GatedStore
    let probe: ScriptedProbe
    let tether = ScriptedTether()
    let instance = AgentInstance.random()

    init(
        _ probe: ScriptedProbe.Behaviour = .finding(.healthy), cluster: InMemoryCluster = InMemoryCluster()
    ) throws {
        node = try NodeID("node1")
        store = GatedStore(cluster)
        self.probe = ScriptedProbe(probe)
    }

    /// Runs the agent while `body` runs, then shuts it down as SIGTERM would and waits for its end.
    func run(
        trigger: (any ReconcileTrigger)? = nil, adjust: (inout AgentConfiguration) -> Void = { _ in },
        _ body: () async throws -> Void
    ) async throws {
        var configuration = AgentConfiguration(
            node: node, name: "Node 1", host: "kuma1:3001", isPrimary: false, instance: instance, version: "test",
            address: NodeAddress(host: "kuma1", port: 3001))
        configuration.judge.steadyInterval = .milliseconds(20)
        configuration.judge.changingInterval = .milliseconds(5)
        configuration.tetherPause = .milliseconds(10)
        configuration.permissionRetry = .milliseconds(10)
        adjust(&configuration)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = AgentService(
            configuration: configuration, store: store, probe: probe, tether: tether, reconcileTrigger: trigger,
            wallTime: { .seconds(20) }, logger: logger)
        let group = ServiceGroup(services: [service], gracefulShutdownSignals: [], logger: logger)
        async let ended: Void = group.run()
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await ended
    }

    var row: NodeRecord? {
        get async throws { try InMemoryClusterStore(store.cluster).node(node) }
    }
}

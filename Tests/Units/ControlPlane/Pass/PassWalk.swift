import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Testing

/// One balancer's passes through a cluster in virtual time, as plain values: no task, no prober, no driver. What becomes of
/// each statement is the test's to say.
final class PassWalk {
    /// What becomes of a statement.
    enum Fate: String, Sendable, CaseIterable {
        case answered
        /// It never arrives, and its time runs out.
        case hangs
        /// It is executed, and the connection breaks before the answer is there.
        case answerIsLost
        /// It is executed twice, as by a proxy that repeats.
        case comesTwice
    }

    /// As long as a statement may take.
    static let deadline: Duration = .seconds(5)
    /// No pass of these tests needs more.
    private static let longestPass = 60

    let cluster: VirtualCluster
    let configuration: ControlPlaneConfiguration
    let identity = BalancerPresence(id: BalancerID(text: "lb1"), address: "10.0.0.1:8084", version: "test")
    var machine: PassStateMachine
    private(set) var asked: [PassStatement] = []
    private(set) var remarks: [PassRemark] = []
    var fate: (PassStatement) -> Fate = { _ in .answered }
    /// How long a statement takes that is answered.
    var span: (PassStatement) -> Duration = { _ in .zero }
    /// How long the machine computes what follows from a statement's answer.
    var computing: (PassStatement) -> Duration = { _ in .zero }
    /// Sees each statement just before it goes on its way, with the machine that asked it.
    var inspect: (PassStatement, PassStateMachine, PassMoment) -> Void = { _, _, _ in }

    init(pacing: PlannedMovePacer.Limits = .none) async throws {
        cluster = try await VirtualCluster(nodes: ["node1", "node2", "node3"], monitors: 4)
        var configuration = ControlPlaneConfiguration()
        configuration.pacing = pacing
        configuration.flaps.hold = .seconds(5)
        self.configuration = configuration
        machine = PassStateMachine(configuration: configuration, identity: identity, now: cluster.time.clock.now())
    }

    var moment: PassMoment {
        let dead = Set(["node1", "node2", "node3"].filter { cluster.fates.isDead($0) })
        return PassMoment(
            now: cluster.time.clock.now(), wallTime: cluster.time.clock.wallTime(), awaitedEvent: 0,
            finding: { PassWalk.finding(of: $0, isDead: dead.contains($0.text)) })
    }

    private static func finding(of node: NodeID, isDead: Bool) -> ProbeBoard.Finding {
        let limits = HealthJudge.Limits()
        return isDead
            ? ProbeBoard.Finding(
                status: .offline, okStreak: 0, failStreak: limits.fall,
                last: ProbeResult(finding: .unhealthy, detail: "connection refused", duration: .milliseconds(1)))
            : ProbeBoard.Finding(
                status: .online, okStreak: limits.rise, failStreak: 0,
                last: ProbeResult(finding: .healthy, detail: "200", duration: .milliseconds(2)))
    }

    /// Makes one pass.
    /// - Returns: how it ended.
    @discardableResult
    func pass() async -> PassStateMachine.Step {
        var step = settled(machine.begin(moment))
        var count = 0
        while case .ask(let statement) = step {
            count += 1
            guard count < PassWalk.longestPass else {
                Issue.record("a pass does not end: \(asked.suffix(5))")
                return step
            }
            asked.append(statement)
            inspect(statement, machine, moment)
            let first = await go(statement)
            await cluster.run(for: computing(statement))
            step = settled(first)
        }
        return step
    }

    /// Goes on as long as nothing is to be asked.
    private func settled(_ first: PassStateMachine.Step) -> PassStateMachine.Step {
        var step = first
        while true {
            for case .log(let remark) in machine.takeEffects() { remarks.append(remark) }
            guard step == .act else { return step }
            step = machine.next(moment)
        }
    }

    private func go(_ statement: PassStatement) async -> PassStateMachine.Step {
        switch fate(statement) {
        case .answered:
            await cluster.run(for: span(statement))
            return take(await cluster.store.outcome(of: statement))
        case .hangs: return await runOut(statement)
        case .answerIsLost:
            _ = await cluster.store.outcome(of: statement)
            return machine.failed(.unavailable(reason: "connection reset"), moment)
        case .comesTwice:
            let first = await cluster.store.outcome(of: statement)
            _ = await cluster.store.outcome(of: statement)
            return take(first)
        }
    }

    private func runOut(_ statement: PassStatement) async -> PassStateMachine.Step {
        await cluster.run(for: PassWalk.deadline)
        return machine.failed(.deadlineExceeded(statement: statement.kind.rawValue), moment)
    }

    func take(_ outcome: Result<PassAnswer, StoreError>) -> PassStateMachine.Step {
        switch outcome {
        case .success(let answer): machine.answered(answer, moment)
        case .failure(let error): machine.failed(error, moment)
        }
    }

    /// Passes a second apart, or as far as a failed one wants, until the condition holds.
    /// - Returns: whether it did within `limit` passes.
    func walk(upTo limit: Int, until condition: () throws -> Bool) async rethrows -> Bool {
        for _ in 0..<limit {
            if try condition() { return true }
            let step = await pass()
            await cluster.run(for: step.pause)
        }
        return try condition()
    }
}

extension PassStateMachine.Step {
    fileprivate var pause: Duration {
        switch self {
        case .act, .ask: .zero
        case .rest(let span), .backOff(let span): max(span, .milliseconds(100))
        }
    }
}

// MARK: A story in which a leader asks everything it can ask

extension PassWalk {
    /// A host vanishes and comes back, people pause, reassign and have the nodes evened out.
    /// - Returns: whether everything was settled in the end.
    func live() async throws -> Bool {
        let node2 = try NodeID("node2")
        _ = await walk(upTo: 20) { false }
        cluster.kill("node2")
        cluster.agents[node2] = nil
        guard await walk(upTo: 60, until: { !runners.contains("node2") }) else { return false }
        // One of those that were moved is a person's from now on.
        if let moved = cluster.tables.journal.first(where: { $0.outcome == nil }) {
            let other = moved.entry.to.text == "node1" ? "node3" : "node1"
            cluster.tables.assign(moved.entry.monitor, to: NodeReference(text: other))
        }
        _ = try await cluster.store.pause(
            PauseOrder(by: "test", reason: "", until: cluster.time.database + .seconds(3)))
        for id in 101...108 {
            cluster.tables.put(MonitorAssignment(id: MonitorID(Int64(id)), home: NodeReference(text: "node1")))
        }
        try cluster.start("node2")
        cluster.startAgent(node2)
        _ = await walk(upTo: 10) { false }
        _ = try await cluster.store.requestJob(RebalanceOrder(kind: .rebalance, total: 6, requestedBy: "test"))
        return await walk(upTo: 120) { isSettled }
    }

    private var runners: Set<String> { Set(cluster.tables.monitors.compactMap { $0.effective?.text }) }

    /// Nobody is away from home, nothing is asked for, and everybody is served.
    private var isSettled: Bool {
        cluster.tables.openEntries.isEmpty && cluster.tables.activeJob == nil
            && runners.isSubset(of: ["node1", "node2", "node3"])
            && cluster.tables.leaseSight?.lease.holder == identity.id && asked.contains { $0.kind == .finishJob }
    }
}

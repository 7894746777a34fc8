import AgentCore
import ClusterCore
import ClusterStore
import RepeatableRandom

/// The agent beside one Kuma: the product's own judgement, conflict watch, voice and reconcile planner, driven by loops
/// that do what `ProbeLoop`, `ReportLoop` and `ReconcileLoop` do, in virtual time.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
final class SimulatedAgent: @unchecked Sendable {
    let process: SimulatedProcess
    let kuma: SimulatedKuma
    let configuration: AgentConfiguration
    private let store: SimulatedStore
    private let hasReconcileKey: Bool
    /// Lets somebody act while Kuma reads its monitors because this agent asked.
    private let onAsking: (SimulatedAgent) -> Void
    private var judgement: NodeJudgement
    private var watch: ConflictWatch
    private var planner = ReconcilePlanner()
    private var voice = NodeVoice()
    private var sight = MonitorsInSight()
    /// What the last beat said of the monitors; taken by the look at them.
    private var mark: MonitorsMark?
    private let probed: SimulatedSignal
    private let beaten: SimulatedSignal

    init(
        process: SimulatedProcess, kuma: SimulatedKuma, instance: AgentInstance, store: SimulatedStore,
        hasReconcileKey: Bool, onAsking: @escaping (SimulatedAgent) -> Void
    ) {
        self.process = process
        self.kuma = kuma
        self.store = store
        self.hasReconcileKey = hasReconcileKey
        self.onAsking = onAsking
        probed = SimulatedSignal(scheduler: process.scheduler)
        beaten = SimulatedSignal(scheduler: process.scheduler)
        configuration = AgentConfiguration(
            node: kuma.id, name: kuma.id.text, host: kuma.host, isPrimary: false, instance: instance, version: "1",
            address: NodeAddress(host: "127.0.0.1", port: 3001))
        judgement = NodeJudgement(limits: configuration.judge, probeTimeout: configuration.probeTimeout)
        watch = ConflictWatch(patience: configuration.conflictPatience)
    }

    private var scheduler: Scheduler { process.scheduler }
    private var goesOn: Bool { !process.isDead && !store.oracle.isClosed }

    func start() {
        store.oracle.trace.note(process.name, "agent starts as \(configuration.instance)")
        scheduler.start { [self] in await probing() }
        scheduler.start { [self] in await reporting() }
        if hasReconcileKey { scheduler.start { [self] in await reconciling() } }
    }

    /// SIGTERM: stops everything else first, as `AgentService.run` does, then says goodbye once.
    func leave() {
        guard goesOn else { return }
        let process = SimulatedProcess(process.name + "'", heirOf: process)
        let store = SimulatedStore(
            process: process, database: store.database, oracle: store.oracle, sabotage: store.sabotage)
        let configuration = configuration
        self.process.kill()
        scheduler.start { try? await store.detach(configuration.node, instance: configuration.instance) }
    }

    private func jittered(_ span: Duration) -> Duration { Jitter.spread(span, draw: scheduler.random.fraction()) }

    private func probing() async {
        while goesOn {
            await process.awake()
            judgement.probeBegins(now: process.instant)
            let result = await kuma.health(isReachable: true, timeout: configuration.probeTimeout)
            await process.awake()
            switch judgement.record(result, now: process.instant) {
            case .lapsed: continue
            case .counted(let change):
                if let status = change.became { store.oracle.trace.note(process.name, "judges \(status.rawValue)") }
            }
            probed.wake()
            await process.sleep(jittered(judgement.interval))
        }
    }

    private func reporting() async {
        while goesOn {
            do throws(StoreError) { try await beat() } catch {
                voice.reportFailed()
            }
            await probed.wait(upTo: jittered(configuration.longestBeatPause))
            await process.awake()
        }
    }

    private func beat() async throws(StoreError) {
        if !judgement.hasAdopted {
            let row = try await store.node(configuration.node)
            voice.follows(row?.reportAge)
            _ = judgement.adopt(row?.status)
        }
        await process.awake()
        guard let report = judgement.report(for: configuration, now: process.instant) else { return }
        let sentAt = process.instant
        let answer = try await store.report(report)
        _ = watch.record(answer.outcome, now: process.instant)
        voice.record(answer.outcome, sentAt: sentAt)
        if let mark = answer.mark {
            self.mark = mark
            beaten.wake()
        }
    }

    private func reconciling() async {
        while goesOn {
            let mark = mark
            self.mark = nil
            await reconcile(mark)
            await beaten.wait(upTo: jittered(mark == nil ? configuration.passWithoutBeat : configuration.passAfterBeat))
            await process.awake()
        }
    }

    private func monitors(
        _ mark: MonitorsMark?
    ) async -> (monitors: [MonitorID], readAt: ContinuousClock.Instant?)? {
        if let known = sight.monitors(behind: mark) { return (known, nil) }
        let begin = process.instant
        guard let monitors = try? await store.monitors(runBy: configuration.node) else { return nil }
        sight.read(monitors)
        return (monitors, begin)
    }

    private func reconcile(_ mark: MonitorsMark?) async {
        guard voice.speaks(now: process.instant) else { return }
        if voice.takesOver(), store.sabotage != .noPredecessor {
            planner.tookOver()
        }
        guard judgement.status == .online else {
            planner.lostSight(now: process.instant)
            return
        }
        guard var seen = await monitors(mark) else { return }
        var action = next(seen)
        if action == .read {
            guard let anew = await monitors(nil) else { return }
            seen = anew
            action = next(seen)
        }
        switch action {
        case .nothing, .read: return
        case .trigger(let timeout):
            store.oracle.trace.note(process.name, "asks Kuma to read its monitors")
            onAsking(self)
            let outcome = await kuma.reconcile(timeout: timeout)
            await process.awake()
            planner.finished(outcome, now: process.instant)
        }
    }

    private func next(_ seen: (monitors: [MonitorID], readAt: ContinuousClock.Instant?)) -> ReconcilePlanner.Action {
        planner.next(
            assigned: Set(seen.monitors), readAt: seen.readAt, now: process.instant, wallTime: kuma.wallTime)
    }
}

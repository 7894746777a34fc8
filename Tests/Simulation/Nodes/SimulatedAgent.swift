import AgentCore
import ClusterCore
import ClusterStore

/// The agent beside one Kuma: the product's own judgement, conflict watch and reconcile planner, driven by loops that do
/// what `ProbeLoop`, `ReportLoop` and `ReconcileLoop` do, in virtual time.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
final class SimulatedAgent: @unchecked Sendable {
    let process: SimulatedProcess
    let kuma: SimulatedKuma
    let configuration: AgentConfiguration
    private let store: SimulatedStore
    private let hasReconcileKey: Bool
    private var judgement: NodeJudgement
    private var watch: ConflictWatch
    private var planner = ReconcilePlanner()
    /// Wakes the reporting with every probe that ended, so that a beat goes out at once; one that ends while a beat is
    /// under way is kept.
    private var isProbeNews = false
    private var sleeper: UnsafeContinuation<Void, Never>?
    /// Rises with every wait, so that a late timer cannot end a later one.
    private var waits = 0
    private var voice = NodeVoice()

    init(
        process: SimulatedProcess, kuma: SimulatedKuma, instance: AgentInstance, store: SimulatedStore,
        hasReconcileKey: Bool
    ) {
        self.process = process
        self.kuma = kuma
        self.store = store
        self.hasReconcileKey = hasReconcileKey
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
            wakeReporting()
            await process.sleep(jittered(judgement.interval))
        }
    }

    private func reporting() async {
        while goesOn {
            do throws(StoreError) { try await beat() } catch {
                voice.notHeard()
                await process.sleep(.milliseconds(500))
            }
            await waitForProbe(upTo: jittered(configuration.judge.steadyInterval * 1.25))
            await process.awake()
        }
    }

    private func wakeReporting() {
        guard let waiting = sleeper else {
            isProbeNews = true
            return
        }
        sleeper = nil
        waiting.resume()
    }

    private func waitForProbe(upTo span: Duration) async {
        waits += 1
        let mine = waits
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            guard !isProbeNews else { return continuation.resume() }
            sleeper = continuation
            scheduler.after(span) { [self] in
                if waits == mine { wakeReporting() }
            }
        }
        isProbeNews = false
    }

    private func beat() async throws(StoreError) {
        if !judgement.hasAdopted {
            let row = try await store.node(configuration.node)
            _ = judgement.adopt(row?.status)
        }
        await process.awake()
        guard let report = judgement.report(for: configuration, now: process.instant) else { return }
        let sentAt = process.instant
        let outcome = try await store.report(report).outcome
        _ = watch.record(outcome, now: process.instant)
        switch outcome {
        case .written, .registered: voice.heard(at: sentAt)
        case .conflict: voice.notHeard()
        }
    }

    private func reconciling() async {
        while goesOn {
            await reconcile()
            await process.sleep(jittered(configuration.judge.steadyInterval * 0.5))
        }
    }

    private func reconcile() async {
        guard voice.isHeard(now: process.instant), judgement.status == .online,
            let monitors = try? await store.monitors(runBy: configuration.node)
        else {
            return
        }
        let action = planner.next(
            assigned: Set(monitors), now: process.instant, secondOfMinute: kuma.secondOfMinute)
        switch action {
        case .nothing: return
        case .trigger(let timeout):
            store.oracle.trace.note(process.name, "asks Kuma to read its monitors")
            let outcome = await kuma.reconcile(timeout: timeout)
            await process.awake()
            planner.finished(outcome, now: process.instant)
        }
    }
}

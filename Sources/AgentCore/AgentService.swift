// What the agent does, whatever it asks and whoever answers: it probes, judges, reports, and has moved monitors re-read.
// No SQL, no HTTP and no setting is ever read here: those come in as a store, a probe and a configuration.

package import ClusterCore
package import ClusterStore
package import Logging
import ServiceLifecycle
import Synchronization

/// The agent beside one Kuma node: probes it, judges, and reports one beat after another, until told to stop.
///
/// Probing, reporting and triggering run side by side and share one judgement, so that a database that hangs stops no
/// probe, and a node that hangs stops no beat. It never ends because something is away; only a proven conflict under
/// `.end` ends it, with `AgentConflict`.
package struct AgentService: Service {
    let configuration: AgentConfiguration
    let store: any AgentStore
    let probe: any NodeProbe
    let tether: any NodeTether
    let reconcileTrigger: (any ReconcileTrigger)?
    let editing: EditFollowing?
    let wallTime: @Sendable () -> Duration
    let logger: Logger
    let shared: AgentSharedState

    /// - Parameters:
    ///   - reconcileTrigger: nil without `KUMA_API_KEY`; then moved monitors start at Kuma's next minute.
    ///   - editing: how edits made on other nodes are followed, beside the trigger; nil: they are not.
    ///   - wallTime: of this machine, since 1970.
    package init(
        configuration: AgentConfiguration, store: any AgentStore, probe: any NodeProbe, tether: any NodeTether,
        reconcileTrigger: (any ReconcileTrigger)?, editing: EditFollowing? = nil,
        wallTime: @escaping @Sendable () -> Duration, logger: Logger
    ) {
        self.configuration = configuration
        self.store = store
        self.probe = probe
        self.tether = tether
        self.reconcileTrigger = reconcileTrigger
        self.editing = editing
        self.wallTime = wallTime
        self.logger = logger
        shared = AgentSharedState(
            NodeJudgement(limits: configuration.judge, probeTimeout: configuration.probeTimeout))
    }

    /// Runs until a graceful shutdown, a cancellation or its `AgentConflict`, and then detaches; each of the two last steps, the
    /// end of the loops and the farewell, takes `detachLimit` at most.
    /// - Throws: `AgentConflict` under the policy `.end`, and nothing else.
    package func run() async throws {
        logger.info("agent starts", metadata: ["node": "\(configuration.node)", "kuma": "\(configuration.address)"])
        let (ended, ending) = AsyncStream<Never>.makeStream()
        let loops = Task {
            defer { ending.finish() }
            try await runLoops()
        }
        // Ends with the loops, at a graceful shutdown, or when this task is cancelled.
        await cancelWhenGracefulShutdown { for await _ in ended {} }
        loops.cancel()
        // A statement under way cannot be called back; the farewell waits for it, but not for long.
        let result = await FirstAnswer.of(limit: configuration.detachLimit) { await loops.result }
        await detach()
        if case .failure(let conflict as AgentConflict) = result { throw conflict }
    }

    private func runLoops() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await ProbeLoop(agent: self).run() }
            group.addTask { await TetherLoop(agent: self).run() }
            group.addTask { try await ReportLoop(agent: self).run() }
            if let reconcileTrigger {
                group.addTask { await ReconcileLoop(agent: self, trigger: reconcileTrigger).run() }
            }
            // Not `waitForAll`, which goes on waiting for the others after one has thrown: none of them ends by itself.
            for try await _ in group {}
        }
    }

    /// In the log only: the history has each change of a row's status from the leader, which sees them all and once.
    func log(became status: NodeStatus, detail: String) {
        let metadata: Logger.Metadata = ["node": "\(configuration.node)", "detail": "\(detail)"]
        logger.notice("node became \(status.rawValue)", metadata: metadata)
    }

    /// Says goodbye, so that the balancer speaks for the node at once; a database that is away may not hold up the end.
    private func detach() async {
        let (store, node, instance) = (store, configuration.node, configuration.instance)
        let limit = configuration.detachLimit
        let result = await FirstAnswer.of(limit: limit) { () -> Result<Void, StoreError> in
            do throws(StoreError) {
                return .success(try await store.detach(node, instance: instance))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success: logger.info("agent detached", metadata: ["node": "\(node)"])
        case .failure(let error): logger.warning("could not detach", metadata: ["error": "\(error)"])
        case nil: logger.warning("could not detach in time", metadata: ["limit": "\(limit)"])
        }
    }
}

/// What the loops of one agent share.
final class AgentSharedState: Sendable {
    let judgement: Mutex<NodeJudgement>
    let voice = Mutex(NodeVoice())
    /// Events that only an agent sees, not yet written into the history. Bounded: the oldest go first.
    let changes = Mutex<[ClusterEvent]>([])
    /// Cuts the pause before the next probe short.
    let probeNow = WakeSignal()
    /// Cuts the pause before the next beat short.
    let reportNow = WakeSignal()
    /// What the last beat said of the node's monitors; taken by the one who looks at them.
    let mark = Mutex<MonitorsMark?>(nil)
    /// A beat was written.
    let beaten = WakeSignal()
    /// What was done so far.
    let ledger = Mutex(AgentLedger())

    static let changeLimit = 64

    init(_ judgement: NodeJudgement) { self.judgement = Mutex(judgement) }

    func note(_ event: ClusterEvent) {
        changes.withLock { changes in
            if changes.count >= AgentSharedState.changeLimit { changes.removeFirst() }
            changes.append(event)
        }
    }
}

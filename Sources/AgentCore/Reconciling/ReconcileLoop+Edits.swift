package import ClusterCore
package import ClusterStore
import Logging
import Synchronization

/// What following edits needs.
package struct EditFollowing: Sendable {
    let store: any MonitorContentStore
    let refresher: any MonitorRefresher

    package init(store: any MonitorContentStore, refresher: any MonitorRefresher) {
        self.store = store
        self.refresher = refresher
    }
}

/// Kuma compares ids only when it re-reads its monitors (FactsAboutKuma.md): an edit made on another node reaches the one
/// that runs the monitor through its agent, and the node it was made on stops running it when its agent has it re-read.
///
/// In the same loop as re-reading, so that no two calls to Kuma ever overlap.
extension ReconcileLoop {
    /// How long Kuma may take to stop and start one monitor.
    private static let refreshLimit: Duration = .seconds(5)

    func follow(_ editing: EditFollowing, _ watch: inout EditWatch, _ planner: inout ReconcilePlanner) async {
        guard agent.shared.voice.withLock({ $0.speaks(now: .now) }) else { return }
        switch agent.shared.judgement.withLock({ $0.status }) {
        case .online: break
        case .recovering: return
        case .offline:
            watch.forget()
            return
        }
        do throws(StoreError) {
            try await observe(editing.store, &watch, &planner)
            guard planner.isQuiet(now: .now, wallTime: agent.wallTime()), watch.isCallDue(now: .now) else { return }
            let assigned = try await agent.store.monitors(runBy: agent.configuration.node)
            guard let monitor = watch.next(among: assigned, now: .now) else { return }
            let outcome = await editing.refresher.refresh(
                monitor, at: agent.configuration.address, timeout: ReconcileLoop.refreshLimit)
            watch.refreshed(monitor, outcome, now: .now)
            log(outcome, monitor, waiting: watch.waiting)
        } catch {
            // The beats meet the same failure and log it.
            return
        }
    }

    private func observe(
        _ store: any MonitorContentStore, _ watch: inout EditWatch, _ planner: inout ReconcilePlanner
    ) async throws(StoreError) {
        guard watch.isPassDue(now: .now) else { return }
        let findings = watch.observed(try await store.monitorWrites(), now: .now)
        if findings.mayRunStray { planner.suspectStray() }
        if findings.mustRead {
            let begin = ContinuousClock.now
            do throws(StoreError) {
                let contents = try await store.contents(ofMonitorsRunBy: agent.configuration.node)
                watch.read(contents, took: begin.duration(to: .now), now: .now)
            } catch {
                watch.readFailed(took: begin.duration(to: .now), now: .now)
                throw error
            }
        }
        guard watch.mustAnnounce else { return }
        let mark = EditMark.random()
        try await store.announceEdit(mark)
        watch.announced(mark)
    }

    private func log(_ outcome: RefreshOutcome, _ monitor: MonitorID, waiting: Int) {
        let metadata: Logger.Metadata = ["monitor": "\(monitor)", "waiting": "\(waiting)"]
        switch outcome {
        case .done:
            agent.logger.info("Kuma took up an edited monitor", metadata: metadata)
        case .tooMany:
            agent.logger.warning(
                "Kuma takes no more calls for now; an edited monitor waits. Raise API_RATE_LIMIT", metadata: metadata)
        case .refused(let detail):
            agent.logger.error(
                "Kuma refused to take up an edited monitor, which runs as it was until it is moved or Kuma restarts",
                metadata: metadata.merging(["reason": "\(detail)"]) { $1 })
        case .unanswered(let detail):
            agent.logger.warning(
                "Kuma did not say whether it took up an edited monitor; it is asked again",
                metadata: metadata.merging(["reason": "\(detail)"]) { $1 })
        }
    }
}

import ClusterCore
import ClusterStore
import Logging
import Synchronization

/// Watches which monitors the node is to run and has Kuma re-read them when that changed, as the planner allows.
///
/// A beat says whether they changed, and between two beats there is one pass of its own: with a thousand nodes, passes are
/// a good part of the database's work.
struct ReconcileLoop: Sendable {
    let agent: AgentService
    let trigger: any ReconcileTrigger

    func run() async {
        let configuration = agent.configuration
        var planner = ReconcilePlanner(configuration.readings, passPause: configuration.passWithoutBeat)
        var sight = MonitorsInSight()
        var edits = EditWatch()
        while !Task.isCancelled {
            let mark = agent.shared.mark.withLock { $0.take() }
            await step(mark, &sight, &planner)
            if let editing = agent.editing { await follow(editing, &edits, &planner) }
            let pause = mark == nil ? configuration.passWithoutBeat : configuration.passAfterBeat
            await agent.shared.beaten.wait(upTo: Jitter.spread(pause, draw: .random(in: 0...1)))
        }
    }

    /// - Returns: also when the reading began; nil when a beat's mark spared it.
    private func monitors(
        _ mark: MonitorsMark?, _ sight: inout MonitorsInSight
    ) async throws(StoreError) -> (monitors: [MonitorID], readAt: ContinuousClock.Instant?) {
        if let known = sight.monitors(behind: mark) { return (known, nil) }
        let begin = ContinuousClock.now
        let monitors = try await agent.store.monitors(runBy: agent.configuration.node)
        sight.read(monitors)
        return (monitors, begin)
    }

    private func step(_ mark: MonitorsMark?, _ sight: inout MonitorsInSight, _ planner: inout ReconcilePlanner) async {
        // Two agents that both ask make Kuma's readings overlap; so does one that takes over before its predecessor's
        // call has ended. Only the one that speaks for the node asks.
        guard agent.shared.voice.withLock({ $0.speaks(now: .now) }) else { return }
        if agent.shared.voice.withLock({ $0.takesOver() }) {
            planner.tookOver()
        }
        // A node that does not answer reads its list itself when it starts again.
        guard agent.shared.judgement.withLock({ $0.status }) == .online else {
            planner.lostSight(now: .now)
            return
        }
        do throws(StoreError) {
            var seen = try await monitors(mark, &sight)
            var action = next(seen, &planner)
            if action == .read {
                seen = try await monitors(nil, &sight)
                action = next(seen, &planner)
            }
            switch action {
            case .nothing, .read:
                return
            case .trigger(let timeout):
                let outcome = await trigger.reconcile(agent.configuration.address, timeout: timeout)
                planner.finished(outcome, now: .now)
                log(outcome, seen.monitors.count)
            }
        } catch {
            // The beats meet the same failure and log it.
            return
        }
    }

    private func next(
        _ seen: (monitors: [MonitorID], readAt: ContinuousClock.Instant?), _ planner: inout ReconcilePlanner
    ) -> ReconcilePlanner.Action {
        planner.next(assigned: Set(seen.monitors), readAt: seen.readAt, now: .now, wallTime: agent.wallTime())
    }

    private func log(_ outcome: ReconcileOutcome, _ count: Int) {
        switch outcome {
        case .done:
            agent.logger.info("Kuma re-read its monitors", metadata: ["monitors": "\(count)"])
        case .refused(let detail):
            agent.logger.error(
                "Kuma refused to re-read its monitors: check KUMA_API_KEY", metadata: ["reason": "\(detail)"])
        case .notSent(let detail):
            agent.logger.debug("Kuma could not be asked to re-read its monitors", metadata: ["reason": "\(detail)"])
        case .unknown(let detail):
            agent.logger.warning(
                "Kuma did not say whether it re-read its monitors; not repeated", metadata: ["reason": "\(detail)"])
        }
    }
}

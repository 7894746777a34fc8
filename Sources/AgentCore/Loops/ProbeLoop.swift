import ClusterCore
import Logging
import Synchronization

/// Asks the node how it is, again and again: every 2 s, and every half second while the judgement is changing.
struct ProbeLoop: Sendable {
    let agent: AgentService

    func run() async {
        let (configuration, shared) = (agent.configuration, agent.shared)
        while !Task.isCancelled {
            shared.judgement.withLock { $0.probeBegins(now: .now) }
            let result = await agent.probe.probe(configuration.address, timeout: configuration.probeTimeout)
            if Task.isCancelled { return }
            shared.ledger.withLock { $0.record(result) }
            let (recording, interval) = shared.judgement.withLock { ($0.record(result, now: .now), $0.interval) }
            switch recording {
            case .lapsed:
                agent.logger.info("a probe outlasted its limit: this process stood still; probing anew")
                continue
            case .counted(let change): log(change, result)
            }
            shared.reportNow.wake()
            await shared.probeNow.wait(upTo: Jitter.spread(interval, draw: .random(in: 0...1)))
        }
    }

    private func log(_ change: NodeJudgement.Change, _ result: ProbeResult) {
        if let status = change.became { agent.log(became: status, detail: result.detail) }
        if change.health == .degraded {
            let node = agent.configuration.node
            agent.logger.warning("node is degraded", metadata: ["node": "\(node)", "detail": "\(result.detail)"])
        }
    }
}

/// Holds a connection to the node and has it probed at once when that ends: three probes half a second apart then prove a
/// death within 1.1 s, where the steady interval alone would need up to 3.2 s.
struct TetherLoop: Sendable {
    let agent: AgentService

    func run() async {
        let (configuration, shared) = (agent.configuration, agent.shared)
        while !Task.isCancelled {
            let pause: Duration
            switch await agent.tether.hold(configuration.address) {
            case .closed:
                shared.probeNow.wake()
                pause = configuration.tetherPause
            case .notConnected:
                // The probes say so too, and at their own pace.
                pause = configuration.judge.steadyInterval
            case .cancelled:
                return
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }
}

import ClusterCore
import Logging
import Synchronization

/// Runs the probes that the board orders and keeps what they found. Its answers feed routing; the speaker lends them to
/// nodes that have fallen silent.
final class NodeProber: Sendable {
    private struct State {
        var board: ProbeBoard
        var statistics = CheckStatistics()
        /// Rises whenever a finding changes what routing should do.
        var revision: UInt64 = 0
    }

    private let probe: any NodeProbe
    private let clock: ControlClock
    private let logger: Logger
    private let state: Mutex<State>

    init(configuration: ControlPlaneConfiguration, probe: any NodeProbe, clock: ControlClock, logger: Logger) {
        self.probe = probe
        self.clock = clock
        self.logger = logger
        let limits = ProbeBoard.Limits(
            judge: configuration.judge, timeout: configuration.probeTimeout,
            suspectTimeout: configuration.suspectProbeTimeout, inFlight: configuration.probesInFlight)
        state = Mutex(State(board: ProbeBoard(limits: limits)))
    }

    func follow(_ nodes: [NodeRecord]) {
        let now = clock.now()
        state.withLock { $0.board.follow(nodes, now: now) }
    }

    func hurry(_ node: NodeID) {
        let now = clock.now()
        state.withLock { $0.board.hurry(node, now: now) }
    }

    func takeDue(now: ContinuousClock.Instant) -> [ProbeBoard.Order] { state.withLock { $0.board.take(now: now) } }
    func takeAll() -> [ProbeBoard.Order] { state.withLock { $0.board.takeAll() } }

    func finding(of node: NodeID) -> ProbeBoard.Finding? { state.withLock { $0.board.finding(of: node) } }
    func status(of node: NodeID) -> NodeStatus? { state.withLock { $0.board.status(of: node) } }
    /// Changes whenever a node's finding does.
    var revision: UInt64 { state.withLock { $0.revision } }
    var statistics: CheckStatistics { state.withLock { $0.statistics } }

    /// Makes one ordered probe, of the address that was looked up: no check waits for a resolver, which may be stuck over
    /// another node's name. A node whose name has no address fails the check; one whose name is still being looked up is
    /// asked for again a little later.
    func perform(_ order: ProbeBoard.Order, at sight: AddressBook.Sight) async -> ProbeResult {
        let result: ProbeResult
        switch sight {
        case .known(let address): result = await ask(order, at: order.address.reached(at: address))
        case .unknown(let reason): result = .notResolved(reason)
        case .pending:
            let now = clock.now()
            state.withLock { $0.board.postpone(order, now: now) }
            return .notResolved("it is being looked up")
        }
        // A check that our own shutdown cut short says nothing of the node.
        guard !Task.isCancelled else {
            state.withLock { $0.board.abandon(order) }
            return result
        }
        let (now, draw) = (clock.now(), clock.draw())
        let verdict = state.withLock { state -> HealthJudge.Verdict? in
            state.statistics.count += 1
            state.statistics.last = now
            switch result.finding {
            case .healthy, .degraded: state.statistics.successes += 1
            case .unhealthy: state.statistics.failures += 1
            }
            let isFirst = state.board.status(of: order.node) == nil
            let verdict = state.board.record(result, for: order, now: now, draw: draw)
            if isFirst || verdict != .unchanged { state.revision += 1 }
            return verdict
        }
        switch verdict {
        case .became(let status): report(status, of: order, result)
        case .unchanged, nil: break
        }
        return result
    }

    private func ask(_ order: ProbeBoard.Order, at address: NodeAddress) async -> ProbeResult {
        switch order.occasion {
        case .routine: await probe.routineProbe(address, timeout: order.timeout)
        case .suspicion: await probe.probe(address, timeout: order.timeout)
        }
    }

    private func report(_ status: NodeStatus, of order: ProbeBoard.Order, _ result: ProbeResult) {
        let metadata: Logger.Metadata = [
            "node": "\(order.node)", "address": "\(order.address)", "found": "\(result.detail)",
        ]
        switch status {
        case .online: logger.notice("this balancer reaches the node; it gets connections", metadata: metadata)
        case .recovering: logger.info("the node answers this balancer again", metadata: metadata)
        case .offline:
            logger.warning("this balancer cannot reach the node; connections go to others", metadata: metadata)
        }
    }
}

extension ProbeResult {
    /// The node was not asked: nobody knows where it is.
    fileprivate static func notResolved(_ reason: String) -> ProbeResult {
        ProbeResult(finding: .unhealthy, detail: "name not resolved: \(reason)", duration: .zero)
    }
}

import ClusterCore
import Logging
import Synchronization

/// Runs the probes that the board requests and keeps what they found. Its answers feed routing; the speaker lends them to
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

    /// A name got another address.
    func recheck(_ host: String) {
        let now = clock.now()
        state.withLock { $0.board.recheck(host, now: now) }
    }

    func takeDue(now: ContinuousClock.Instant) -> [ProbeBoard.Request] { state.withLock { $0.board.take(now: now) } }
    func takeAll() -> [ProbeBoard.Request] { state.withLock { $0.board.takeAll() } }

    func finding(of node: NodeID) -> ProbeBoard.Finding? { state.withLock { $0.board.finding(of: node) } }
    /// What may be said of the node itself: a stranger at its address is left out.
    func ownership(of node: NodeID) -> ProbeBoard.Finding? { state.withLock { $0.board.ownership(of: node) } }
    func status(of node: NodeID) -> NodeStatus? { state.withLock { $0.board.status(of: node) } }
    /// Changes whenever a node's finding does.
    var revision: UInt64 { state.withLock { $0.revision } }
    var statistics: CheckStatistics { state.withLock { $0.statistics } }

    /// Makes one requested probe, of the addresses that were looked up: no check waits for a resolver, which may be stuck over
    /// another node's name. A node whose name has no address fails the check; one whose name is still being looked up is
    /// asked for again a little later.
    /// - Parameter belief: asked with the address that answered well, if one did: whether that answer is the node's.
    func perform(
        _ request: ProbeBoard.Request, at sight: AddressBook.Sight,
        belief: (SocketAddress?) -> AddressClaims.Verdict
    ) async -> ProbeResult {
        let (result, address): (ProbeResult, SocketAddress?)
        switch sight {
        case .known(let addresses): (result, address) = await ask(request, at: addresses)
        case .unknown(let reason): (result, address) = (.notResolved(reason), nil)
        case .pending:
            let now = clock.now()
            state.withLock { $0.board.postpone(request, now: now) }
            return .notResolved("it is being looked up")
        }
        // A check that our own shutdown cut short says nothing of the node.
        guard !Task.isCancelled else {
            state.withLock { $0.board.abandon(request) }
            return result
        }
        let verdict = belief(address)
        let (now, draw) = (clock.now(), clock.draw())
        let recording = state.withLock { state -> ProbeBoard.Recording? in
            state.statistics.count += 1
            state.statistics.last = now
            switch result.finding {
            case .healthy, .degraded: state.statistics.successes += 1
            case .unhealthy: state.statistics.failures += 1
            }
            let isFirst = state.board.status(of: request.node) == nil
            let recording = state.board.record(result, for: request, verdict, now: now, draw: draw)
            if isFirst || recording.map({ $0.routing != .unchanged }) ?? true { state.revision += 1 }
            return recording
        }
        switch recording?.routing {
        case .became(let status): report(status, of: request, result)
        case .unchanged, nil: break
        }
        if case .foreign(let reason) = verdict, recording?.ownership == .became(.offline) {
            logger.warning(
                "an answer at the node's address is not counted as the node's",
                metadata: ["node": "\(request.node)", "address": "\(request.address)", "reason": "\(reason)"])
        }
        return result
    }

    /// Asks at one address after the other, until one answers well or the check's time is over.
    /// - Returns: the good answer and where it came from, or what was found at the first address.
    private func ask(
        _ request: ProbeBoard.Request, at addresses: [SocketAddress]
    ) async -> (ProbeResult, SocketAddress?) {
        let end = clock.now() + request.timeout
        var failure: ProbeResult?
        for address in addresses {
            let left = failure == nil ? request.timeout : end - clock.now()
            guard left > .zero, !Task.isCancelled else { break }
            let result = await ask(request, at: request.address.reached(at: address), timeout: left)
            switch result.finding {
            case .healthy, .degraded: return (result, address)
            case .unhealthy: failure = failure ?? result
            }
        }
        return (failure ?? .notResolved("it has no address"), nil)
    }

    private func ask(_ request: ProbeBoard.Request, at address: NodeAddress, timeout: Duration) async -> ProbeResult {
        switch request.occasion {
        case .routine: await probe.routineProbe(address, timeout: timeout)
        case .suspicion: await probe.probe(address, timeout: timeout)
        }
    }

    private func report(_ status: NodeStatus, of request: ProbeBoard.Request, _ result: ProbeResult) {
        let metadata: Logger.Metadata = [
            "node": "\(request.node)", "address": "\(request.address)", "found": "\(result.detail)",
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

import ClusterCore
import ClusterStore
import Logging
import Synchronization

/// Performs what the pass decides: asks the database, hands nodes to the prober and events to those who follow them, and
/// logs. The machine is locked while it decides and never longer: a person's request for a new reading of the assignments
/// waits for no statement.
final class PassDriver: Sendable {
    typealias Publish = (PassReport) -> Void

    private let machine: Mutex<PassStateMachine>
    private let store: any ControlStore
    private let prober: NodeProber
    private let feed: EventFeed
    private let clock: ControlClock
    private let logger: Logger

    init(
        configuration: ControlPlaneConfiguration, store: any ControlStore, prober: NodeProber,
        identity: BalancerPresence, feed: EventFeed, clock: ControlClock, logger: Logger
    ) {
        machine = Mutex(PassStateMachine(configuration: configuration, identity: identity, now: clock.now()))
        self.store = store
        self.prober = prober
        self.feed = feed
        self.clock = clock
        self.logger = logger
    }

    /// Begins a pass; one at a time.
    /// - Parameter publish: takes what is known, right after a poll and at the end of the pass; must not block.
    /// - Returns: what to ask first.
    func begin(_ publish: Publish) -> PassStep { step(publish) { $0.begin($1) } }

    /// Takes the answer to what was asked last.
    func answered(_ answer: Result<PassAnswer, StoreError>, _ publish: Publish) -> PassStep {
        step(publish) { machine, moment in
            switch answer {
            case .success(let answer): machine.answered(answer, moment)
            case .failure(let error): machine.failed(error, moment)
            }
        }
    }

    /// Gives the lease back; the last call.
    func finish() async {
        let publish: Publish = { _ in }
        var step = step(publish) { $0.finish($1) }
        while case .ask(let statement) = step { step = answered(await store.outcome(of: statement), publish) }
    }

    /// The next pass reads the whole assignment map.
    func expireAssignments() { machine.withLock { $0.expireAssignments() } }

    private func step(
        _ publish: Publish, _ input: (inout PassStateMachine, PassMoment) -> PassStateMachine.Step
    ) -> PassStep {
        var step = decide(publish, input)
        while true {
            switch step {
            case .act: step = decide(publish) { $0.next($1) }
            case .ask(let statement): return .ask(statement)
            case .rest(let span): return .rest(span)
            case .backOff(let span): return .rest(Jitter.spread(span, draw: clock.draw()))
            }
        }
    }

    private func decide(
        _ publish: Publish, _ input: (inout PassStateMachine, PassMoment) -> PassStateMachine.Step
    ) -> PassStateMachine.Step {
        let moment = PassMoment(
            now: clock.now(), wallTime: clock.wallTime(), awaitedEvent: feed.awaitedAfter,
            finding: { [prober] in prober.ownership(of: $0) })
        let (step, effects) = machine.withLock { machine in
            let step = input(&machine, moment)
            return (step, machine.takeEffects())
        }
        for effect in effects { perform(effect, publish) }
        return step
    }

    private func perform(_ effect: PassEffect, _ publish: Publish) {
        switch effect {
        case .log(let remark): logger.log(remark)
        case .follow(let nodes): prober.follow(nodes)
        case .hurry(let node): prober.hurry(node)
        case .publish(var report):
            report.database.hosts = store.databaseHosts
            publish(report)
        case .deliver(let events): feed.deliver(events)
        }
    }
}

extension Logger {
    fileprivate func log(_ remark: PassRemark) {
        let level: Logger.Level =
            switch remark.level {
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
        log(level: level, "\(remark.text)", metadata: remark.facts.mapValues { .string($0) })
    }
}

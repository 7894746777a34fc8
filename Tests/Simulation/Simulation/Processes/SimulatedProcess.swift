/// One process: a balancer, or an agent. It can be frozen, killed, cut from the database or from nodes, and have a
/// clock of its own.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
package final class SimulatedProcess: @unchecked Sendable {
    package enum ClockInFreeze: Sendable {
        case runs
        /// As when a virtual machine is moved: to the process no time passed.
        case stops
    }

    package let name: String
    let scheduler: Scheduler
    private let origin: ContinuousClock.Instant
    private(set) var isDead = false
    private(set) var frozenUntil: Duration?
    private var clockShift: Duration = .zero
    private var clockInFreeze = ClockInFreeze.runs
    /// The last time its clock leapt.
    private(set) var lastLeap: Duration?
    var isCutFromDatabase = false
    /// Nodes that it cannot reach.
    var unreachable: Set<String> = []
    /// When the last poll that it made was read.
    var lastPoll: Duration?
    var answers = AnswerBook(outage: Scenario.reportTTL / 2)

    init(_ name: String, scheduler: Scheduler, origin: ContinuousClock.Instant) {
        self.name = name
        self.scheduler = scheduler
        self.origin = origin
    }

    /// A process that takes over where another stopped: same clock, same cables.
    convenience init(_ name: String, heirOf other: SimulatedProcess) {
        self.init(name, scheduler: other.scheduler, origin: other.origin)
        frozenUntil = other.frozenUntil
        clockShift = other.clockShift
        isCutFromDatabase = other.isCutFromDatabase
    }

    var instant: ContinuousClock.Instant { origin + scheduler.now + clockShift }

    var isFrozen: Bool { frozenUntil.map { $0 > scheduler.now } ?? false }

    func freeze(for span: Duration, clock: ClockInFreeze) {
        frozenUntil = max(frozenUntil ?? .zero, scheduler.now + span)
        clockInFreeze = clock
        switch clock {
        case .runs: break
        case .stops: clockShift -= span
        }
    }

    /// Sooner than it was to last.
    func thaw() {
        let rest = max((frozenUntil ?? .zero) - scheduler.now, .zero)
        switch clockInFreeze {
        case .runs: break
        case .stops: clockShift += rest
        }
        frozenUntil = nil
        clockInFreeze = .runs
    }

    /// SIGKILL: what was sent still arrives, nothing more is sent.
    func kill() {
        isDead = true
        frozenUntil = nil
    }

    func leap(by span: Duration) {
        clockShift += span
        lastLeap = scheduler.now
    }

    /// Acts when the process gets time: at once, unless it is frozen.
    func whenAwake(_ action: @escaping () -> Void) {
        guard let until = frozenUntil, until > scheduler.now else { return action() }
        // In pieces: somebody may thaw it sooner.
        scheduler.after(min(until - scheduler.now, .milliseconds(500))) { [self] in whenAwake(action) }
    }

    func after(_ span: Duration, _ action: @escaping () -> Void) {
        scheduler.after(span) { [self] in whenAwake(action) }
    }

    /// Returns when the process gets time again.
    func awake() async {
        while let until = frozenUntil, until > scheduler.now {
            await scheduler.sleep(min(until - scheduler.now, .milliseconds(500)))
        }
    }

    func sleep(_ span: Duration) async {
        await scheduler.sleep(span)
        await awake()
    }
}

import ClusterCore
import ClusterStore
import InMemoryClusterStore
import RepeatableRandom

/// The database server and the network before it: decides what becomes of each call.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
final class SimulatedDatabase: @unchecked Sendable {
    enum Mode: Sendable, Equatable {
        case up
        /// Stopped: every call fails at once.
        case refusing
        /// SIGSTOP: calls hang, and what has arrived may still be executed later.
        case frozen
    }

    /// Its host's clock against virtual time.
    ///
    /// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
    final class Clock: @unchecked Sendable {
        private(set) var shift: Duration = .zero
        /// Each time it was set, or another host with another clock took over, ascending.
        private var leaps: [(at: Duration, by: Duration)] = []

        func leap(by span: Duration, now: Duration) {
            shift += span
            leaps.append((now, span))
        }

        func hasLeapt(since moment: Duration) -> Bool { leaps.last.map { $0.at >= moment } ?? false }

        /// How far back it was set since then, in all: so much longer is everything valid that it measures.
        func setBack(since moment: Duration) -> Duration {
            leaps.filter { $0.at >= moment && $0.by < .zero }.reduce(.zero) { $0 - $1.by }
        }
    }

    /// How a call passes the network.
    struct Passage: Sendable {
        enum Fate: Sendable, Equatable {
            case ordinary
            /// Never arrives.
            case requestLost
            /// Executed; the caller never learns.
            case answerLost
            /// The caller gives up; executed this long after.
            case executedLate(Duration)
            /// Executed twice, the second time this long after: as when a proxy repeats.
            case repeated(Duration)
        }

        var toServer: Duration
        var toCaller: Duration
        var fate: Fate
    }

    /// Numbers of the driver, as a balancer configures it.
    enum Limits {
        /// A statement without an answer fails.
        static let deadline: Duration = .seconds(5)
    }

    let scheduler: Scheduler
    let tables: InMemoryCluster
    let clock: Clock
    /// The probability that a call meets a fault of its own.
    var faultRate = 0.0
    private(set) var mode = Mode.up
    private(set) var modeSince: Duration = .zero
    private(set) var faults = 0
    /// Lets somebody act while a statement is on its way, and says how much longer that way is for it.
    var meddler: ((Statement) -> Duration)?

    init(_ tables: InMemoryCluster, clock: Clock, scheduler: Scheduler) {
        self.tables = tables
        self.clock = clock
        self.scheduler = scheduler
    }

    func become(_ next: Mode) {
        guard next != mode else { return }
        mode = next
        modeSince = scheduler.now
    }

    func passage(of statement: Statement) -> Passage {
        var random = scheduler.random
        defer { scheduler.random = random }
        var passage = Passage(
            toServer: random.span(.microseconds(200) ... .milliseconds(3)),
            toCaller: random.span(.microseconds(200) ... .milliseconds(3)), fate: .ordinary)
        if let meddler {
            // It draws as well.
            scheduler.random = random
            let detour = meddler(statement)
            random = scheduler.random
            if detour > .zero {
                faults += 1
                passage.toServer += detour
                return passage
            }
        }
        // What a leader writes is rare, and the most worth losing.
        guard random.chance(statement.isLeaders ? 4 * faultRate : faultRate) else { return passage }
        faults += 1
        switch random.index(below: 6) {
        case 0: passage.fate = .requestLost
        case 1: passage.fate = .answerLost
        case 2: passage.fate = .executedLate(random.span(.milliseconds(1) ... .seconds(8)))
        case 3: passage.fate = .repeated(random.span(.zero ... .seconds(6)))
        case 4: passage.toServer = random.span(.milliseconds(10) ... .milliseconds(2_400))
        case _: passage.toCaller = random.span(.milliseconds(10) ... .milliseconds(2_400))
        }
        return passage
    }
}

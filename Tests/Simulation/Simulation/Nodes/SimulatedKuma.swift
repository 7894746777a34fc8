import ClusterCore
import ClusterStore
import InMemoryClusterStore
import RepeatableRandom

/// One Kuma process, as KUMA.md describes it: writes `online` at its start, runs what it last read, reads again at
/// second 00 and when asked to, and gets into trouble when two readings overlap.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
final class SimulatedKuma: @unchecked Sendable {
    enum Phase: Sendable, Equatable {
        case stopped, starting, serving
    }

    enum Limits {
        /// A start until it serves.
        static let start: ClosedRange<Duration> = .milliseconds(500) ... .seconds(3)
        /// For each monitor that a reading starts.
        static let perStart: ClosedRange<Duration> = .milliseconds(100) ... .milliseconds(300)
        /// For each monitor that a reading stops, after its last start.
        static let perStop: ClosedRange<Duration> = .milliseconds(50) ... .milliseconds(150)
        /// One minute, the longest series of starts and stops in a simulation, and a little.
        static let staleness: Duration = .seconds(80)
    }

    let id: NodeID
    let database: SimulatedDatabase
    let oracle: Oracle
    /// Its machine's wall clock, against the database's.
    let wallShift: Duration
    private(set) var phase = Phase.stopped
    /// Its event loop hangs: connections are accepted and nothing is answered.
    private(set) var hangsUntil: Duration = .zero
    var isCutFromDatabase = false { didSet { readableSince = scheduler.now } }
    /// How many times it runs each monitor.
    private(set) var loops: [MonitorID: Int] = [:]
    private var generation = 0
    /// Somebody last added a monitor through it.
    private var addedAt: Duration = .zero
    private(set) var readableSince: Duration = .zero
    /// Readings may overlap until then through no fault of ours: an agent was frozen between deciding and asking.
    var excusedUntil: Duration = .zero

    init(_ id: NodeID, database: SimulatedDatabase, oracle: Oracle, wallShift: Duration) {
        self.id = id
        self.database = database
        self.oracle = oracle
        self.wallShift = wallShift
    }

    private var scheduler: Scheduler { database.scheduler }
    var host: String { "\(id):3001" }
    var isHanging: Bool { hangsUntil > scheduler.now }
    var isServing: Bool { phase == .serving && !isHanging }
    private var canRead: Bool { database.mode == .up && !isCutFromDatabase }

    /// Of its machine; any full minute is as good as another.
    var wallTime: Duration { scheduler.now + wallShift }

    // MARK: Life

    func start() {
        guard phase == .stopped else { return }
        phase = .starting
        generation += 1
        let mine = generation
        scheduler.start { [self] in await boot(mine) }
    }

    /// Killed, and everything it ran with it.
    func stop() {
        phase = .stopped
        generation += 1
        oracle.watch.lost(loops.keys, by: id)
        loops = [:]
    }

    /// Its reading of the minute waits too, and may then meet one that an agent asks for: nobody outside can tell.
    func hang(for span: Duration) {
        hangsUntil = max(hangsUntil, scheduler.now + span)
        excusedUntil = max(excusedUntil, hangsUntil + .seconds(90))
    }

    func hang(until moment: Duration) { hangsUntil = moment }

    private func boot(_ mine: Int) async {
        // Without its database it exits and is started again.
        while !canRead {
            await scheduler.sleep(.seconds(3))
            guard generation == mine, !oracle.isClosed else { return }
        }
        database.tables.kumaStarts(id, name: id.text, host: host)
        oracle.nodeWritten(id.text)
        oracle.trace.note(id.text, "Kuma starts")
        await scheduler.sleep(scheduler.random.span(Limits.start))
        while !canRead, generation == mine, !oracle.isClosed { await scheduler.sleep(.seconds(1)) }
        guard generation == mine else { return }
        loops = assigned().reduce(into: [:]) { $0[$1] = 1 }
        for monitor in loops.keys { oracle.watch.started(monitor, by: id, at: scheduler.now) }
        phase = .serving
        readableSince = scheduler.now
        scheduler.start { [self] in await everyMinute(mine) }
    }

    private func everyMinute(_ mine: Int) async {
        while generation == mine, !oracle.isClosed {
            let intoMinute = Double((scheduler.now + wallShift) / .milliseconds(1)).truncatingRemainder(
                dividingBy: 60_000)
            await scheduler.sleep(.milliseconds(Int64(60_000 - intoMinute) + 1))
            await unhang()
            guard generation == mine, !oracle.isClosed else { return }
            await reread()
        }
    }

    private func unhang() async {
        while isHanging, !oracle.isClosed { await scheduler.sleep(hangsUntil - scheduler.now) }
    }

    // MARK: What it runs

    private func assigned() -> [MonitorID] {
        database.tables.monitors.filter { $0.isActive && $0.effective == NodeReference(id) }.map(\.id)
    }

    /// Not re-entrant: a second reading decides by what runs *now*, and so does the first one's rest.
    private func reread() async {
        guard canRead else {
            // A blink of the database at this very moment, between two looks of `checkFreshness`: the next reading is a
            // minute away.
            readableSince = scheduler.now
            return
        }
        let mine = generation
        let wanted = assigned()
        // What to start is decided by what ran when it began, as the fork does.
        let ran = Set(loops.keys)
        for monitor in wanted where !ran.contains(monitor) {
            startMonitor(monitor)
            await scheduler.sleep(scheduler.random.span(Limits.perStart))
            guard generation == mine, !oracle.isClosed else { return }
        }
        for monitor in loops.keys.sorted() where !wanted.contains(monitor) {
            loops[monitor] = nil
            oracle.watch.stopped(monitor, by: id, at: scheduler.now)
            await scheduler.sleep(scheduler.random.span(Limits.perStop))
            guard generation == mine, !oracle.isClosed else { return }
        }
    }

    private func startMonitor(_ monitor: MonitorID) {
        guard loops[monitor] != nil else {
            loops[monitor] = 1
            oracle.watch.started(monitor, by: id, at: scheduler.now)
            return
        }
        guard scheduler.now >= excusedUntil else { return }
        loops[monitor, default: 0] += 1
        oracle.fail(.doubleStart, "\(id) runs monitor \(monitor) twice: two readings overlapped")
    }

    /// A person adds a monitor through this node: it starts here at once, wherever it belongs.
    func addedHere(_ monitor: MonitorID) {
        guard isServing else { return }
        loops[monitor] = 1
        addedAt = scheduler.now
    }

    /// `POST /api/v1/reconcile-monitors`.
    func reconcile(timeout: Duration) async -> ReconcileOutcome {
        guard phase == .serving else { return .notSent(detail: "connection refused") }
        let startedAt = scheduler.now
        if isHanging {
            scheduler.start { [self] in
                await unhang()
                await reread()
            }
            await scheduler.sleep(timeout)
            return .unknown(detail: "no answer")
        }
        let mine = generation
        await reread()
        guard generation == mine else { return .unknown(detail: "connection reset") }
        return scheduler.now - startedAt <= timeout ? .done : .unknown(detail: "no answer in time")
    }

    /// `staleKuma`: what stood long enough to have been read is what runs.
    func checkFreshness() {
        if !canRead || isHanging { readableSince = scheduler.now }
        let settled = max(readableSince, addedAt, oracle.lastSetChange(of: id)) + Limits.staleness
        guard phase == .serving, scheduler.now >= settled else { return }
        let wanted = assigned()
        if loops.keys.sorted() != wanted {
            oracle.fail(.staleKuma, "\(id) runs \(loops.keys.sorted()), and \(wanted) has stood for 80 s")
        }
    }

    // MARK: Its health

    /// - Parameter isReachable: whether the asker's packets arrive.
    func health(isReachable: Bool, timeout: Duration) async -> ProbeResult {
        let asked = scheduler.now
        let latency = scheduler.random.span(.milliseconds(1) ... .milliseconds(8))
        await scheduler.sleep(latency)
        guard isReachable else { return await unanswered(timeout, "no route") }
        guard phase == .serving else {
            return ProbeResult(finding: .unhealthy, detail: "connection refused", duration: latency)
        }
        if isHanging { return await unanswered(timeout, "no answer") }
        if database.mode == .frozen {
            // Its own query hangs; the asker's patience decides unless the database goes on sooner.
            let end = scheduler.now + timeout
            while database.mode == .frozen, scheduler.now < end, !oracle.isClosed {
                await scheduler.sleep(.milliseconds(250))
            }
            guard scheduler.now < end else {
                return ProbeResult(
                    finding: .unhealthy, detail: "no answer within \(timeout)", duration: scheduler.now - asked)
            }
        }
        guard canRead else {
            return ProbeResult(finding: .degraded, detail: "503, its database is unhealthy", duration: latency)
        }
        return ProbeResult(finding: .healthy, detail: "200", duration: latency)
    }

    private func unanswered(_ timeout: Duration, _ why: String) async -> ProbeResult {
        await scheduler.sleep(timeout)
        return ProbeResult(finding: .unhealthy, detail: "\(why) within \(timeout)", duration: timeout)
    }
}

import ClusterCore
import ClusterStore
import Logging

/// What one pass learned, for everybody who shows or routes by it.
struct PassReport: Sendable {
    /// Nil before the first good poll.
    var snapshot: ClusterSnapshot?
    /// When it was made: a pass may hang in the database while the lease runs out.
    var madeAt: ContinuousClock.Instant
    var database: DatabaseView
    var leadership: LeadershipView
    var silent: Set<NodeID>
    var flaps: [NodeID: Int]
    var passes = PassStatistics()
    var moves = MoveStatistics()
    var jobs: [RebalanceJob] = []
    var history = RememberedHistory()
}

/// One round trip of the control plane through the database: lease, poll, and – as the leader – speaking and moving, in
/// this order and one call at a time. A newly elected leader therefore always acts on a poll made after its election. A
/// failed call ends the pass; the next pass begins again from what is in the tables.
actor ControlPass {
    /// Events kept while the database is away; beyond, the oldest go.
    static let pendingEvents = 1_000
    /// Lines that the log gets in full when the history does not.
    static let toldLines = 20
    /// Between attempts to write a history that somebody keeps locked.
    static let historyRest: Duration = .seconds(10)
    /// Between attempts to complete a schema that lacks a right or waits for Kuma's own tables.
    static let schemaRetry: Duration = .seconds(5)
    /// A skew is told of again only when none was seen for this long.
    static let skewNews: Duration = .seconds(60)

    let configuration: ControlPlaneConfiguration
    let store: any ControlStore
    let clock: ControlClock
    let logger: Logger
    let prober: NodeProber
    let identity: BalancerPresence
    let poller: TablePoller
    let leader: LeaderLoop
    let speaker: SilentNodeSpeaker
    let mover: MonitorMover
    let rebalancer: Rebalancer
    let feed: EventFeed
    private let publish: @Sendable (PassReport) -> Void

    var silence: SilenceJudge
    var transitions: TransitionObserver
    var snapshot: ClusterSnapshot?
    var database: DatabaseView
    /// When the database last answered, be it with a refusal. Not `database.lastRead`: what counts is whether calls are
    /// answered, not how long a pass takes. The pause after a pass that was answered to its end is no absence either.
    var lastAnswer: ContinuousClock.Instant?
    /// The longest wait for an answer before the next poll of all calls since the last pass: the first of them hides no absence
    /// from the poll, and together they are none.
    private var absence: Duration = .zero
    /// From the last pass to the next one, as meant.
    private var pause: Duration = .zero
    /// Why the schema could not be completed, told once and not every few seconds.
    var schemaTrouble: StoreError?
    var balancers: [BalancerRecord] = []
    var nextAnnouncement: ContinuousClock.Instant
    /// Nil when the schema is whole.
    var nextSchemaAttempt: ContinuousClock.Instant?
    /// Attempts in a row that found a table of Kuma's in use.
    private var schemaHolds = 0
    /// After an outage nodes report what they suffered from it.
    var rest: MoverRest
    /// Planned moves go when Kuma's own reading is about to come.
    var pacer: PlannedMovePacer
    /// The period in which it was told that urgent moves are kept back.
    var heldIn: Int?
    /// Whether this pass keeps urgent moves back.
    var isHolding = false
    /// The job that was looked at last.
    var rebalancing: Int64?
    /// A step of the job moved something: the next pass looks what is left, whatever second it is.
    var goesOnRebalancing = false
    var events: [ClusterEvent] = []
    var historyRestsUntil: ContinuousClock.Instant
    var pace = BatchPace()
    /// In which this balancer led last, and in which the mover read its journal. The next one is ours again when nobody led
    /// in between: then it is no news.
    var lastEpoch: Int64?
    var failures = 0
    var passes = PassStatistics()
    var moves = MoveStatistics()
    /// The last jobs, as read when another one became active or none; nil before the first reading.
    var jobs: [RebalanceJob]?
    var seenJob: Int64?
    var history = RememberedHistory()
    /// Something was written since it was read.
    var isHistoryOld = true
    /// Lines of the history that this balancer saw as the leader and could not write yet.
    var unwritten = 0

    /// - Parameter publish: takes what is known, right after a poll and at the end of each pass; must not block.
    init(
        configuration: ControlPlaneConfiguration, store: any ControlStore, prober: NodeProber,
        identity: BalancerPresence, feed: EventFeed, clock: ControlClock, logger: Logger,
        publish: @escaping @Sendable (PassReport) -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.prober = prober
        self.identity = identity
        self.feed = feed
        self.clock = clock
        self.logger = logger
        self.publish = publish
        poller = TablePoller(store: store, clock: clock, logger: logger)
        leader = LeaderLoop(
            store: store, configuration: configuration, myself: identity.id, clock: clock, logger: logger)
        speaker = SilentNodeSpeaker(
            store: store, prober: prober, configuration: configuration, clock: clock, logger: logger)
        mover = MonitorMover(store: store, configuration: configuration, clock: clock, logger: logger)
        rebalancer = Rebalancer(store: store, configuration: configuration, logger: logger)
        silence = SilenceJudge(limits: configuration.silence)
        transitions = TransitionObserver(limits: configuration.judge)
        let now = clock.now()
        database = DatabaseView(isReachable: false, since: now, lastError: nil, lastRead: nil)
        nextAnnouncement = now
        nextSchemaAttempt = now
        rest = MoverRest(now: now)
        pacer = PlannedMovePacer(configuration.readings, limits: configuration.pacing)
        historyRestsUntil = now
    }

    /// Makes one pass.
    /// - Returns: how long to wait before the next one.
    func run() async -> Duration {
        let started = clock.now()
        if failures == 0, let answer = lastAnswer { lastAnswer = min(answer + pause, started) }
        pause = await pass(started)
        return pause
    }

    private func pass(_ started: ContinuousClock.Instant) async -> Duration {
        isHolding = false
        do {
            if try await prepareSchema() { heardBeforePoll() }
            if await leader.isDue {
                _ = try await leader.renewIfDue()
                heardBeforePoll()
            }
            let asked = clock.now()
            var snapshot = try await poller.poll()
            passes.polled(in: clock.now() - asked)
            answered()
            if let step = snapshot.clockStep { clockMoved(by: step) }
            await observe(snapshot)
            // Asked of the lease and not of its renewal: a poll that failed after the election hides no new epoch.
            if let lease = await leader.lease { await begin(lease) }
            try await lookAtJobs(snapshot)
            heard()
            await publish(report())
            if await leader.lease != nil { try await lead(&snapshot) }
            self.snapshot = snapshot
            heard()
            if !isUrgent(snapshot) || clock.now() >= nextAnnouncement + configuration.announceInterval {
                try await announce()
                heard()
                try await rememberHistory()
                heard()
            }
            try await feedFollowers()
            failures = 0
            heard()
            passes.count += 1
            passes.last = clock.now()
            passes.lastDuration = clock.now() - started
            await publish(report())
            return max(interval(for: snapshot) - (clock.now() - started), .zero)
        } catch {
            await failed(error, in: started)
            await publish(report())
            return backoff()
        }
    }

    /// Somebody is about to be judged offline, or what was kept back is to be written in time: that waits for no poll, nor for
    /// what can come later.
    private func isUrgent(_ snapshot: ClusterSnapshot) -> Bool {
        isHolding
            || snapshot.nodes.contains { node in
                node.failStreak > 0 && node.believedStatus(configuration.judge) == .online
                    && !silence.silent.contains(node.id)
            }
    }

    private func interval(for snapshot: ClusterSnapshot) -> Duration {
        isUrgent(snapshot)
            ? min(configuration.suspectPollInterval, configuration.pollInterval) : configuration.pollInterval
    }

    /// Gives the lease back; the last call.
    func finish() async { await leader.release() }

    /// The next pass reads the whole assignment map.
    func expireAssignments() async { await poller.expireAssignments() }

    func report() async -> PassReport {
        let now = clock.now()
        var flaps: [NodeID: Int] = [:]
        let flapping = await mover.flaps
        var database = database
        database.hosts = store.databaseHosts
        for node in snapshot?.nodes ?? [] { flaps[node.id] = flapping.flaps(of: node.id, now: now) }
        return PassReport(
            snapshot: snapshot, madeAt: now, database: database, leadership: await leader.view(balancers: balancers),
            silent: silence.silent, flaps: flaps, passes: passes, moves: moves, jobs: jobs ?? [],
            history: history)
    }
}

// MARK: The database's coming and going

extension ControlPass {
    /// - Returns: whether it asked.
    private func prepareSchema() async throws(StoreError) -> Bool {
        guard let due = nextSchemaAttempt, clock.now() >= due else {
            // Without Kuma's table nothing that follows could be done.
            if let foreignness = database.foreignness { throw .schemaMissing(reason: foreignness) }
            return false
        }
        let report: SchemaReport
        do throws(StoreError) { report = try await store.prepareSchema() } catch {
            switch error {
            case .notPermitted, .contended:
                // What exists may be enough to route and even to lead by; where it is not, the next statement says so.
                noteSchemaTrouble(error)
                return true
            case .unavailable, .deadlineExceeded, .leaseLost, .schemaMissing, .refused: throw error
            }
        }
        schemaTrouble = nil
        schemaHolds = 0
        if !report.added.isEmpty {
            logger.notice("schema completed", metadata: ["added": "\(report.added.joined(separator: ", "))"])
        }
        nextSchemaAttempt = report.waitingForKuma.isEmpty ? nil : clock.now() + ControlPass.schemaRetry
        database.foreignness = report.foreignness
        if let foreignness = report.foreignness { throw .schemaMissing(reason: foreignness) }
        return true
    }

    /// A table that is in use is soon free in most cases, and may be dumped for an hour.
    private func noteSchemaTrouble(_ error: StoreError) {
        var pause = ControlPass.schemaRetry
        if case .contended = error {
            pause = min(ControlPass.schemaRetry, .milliseconds(250) * (1 << min(schemaHolds, 8)))
            schemaHolds += 1
        }
        nextSchemaAttempt = clock.now() + pause
        guard schemaTrouble != error else { return }
        schemaTrouble = error
        logger.error("the schema is not complete", metadata: ["error": "\(error)"])
    }

    /// A poll succeeded.
    private func answered() {
        let now = clock.now()
        if lastAnswer != nil, database.lastRead != nil {
            heardBeforePoll()
            if absence >= configuration.outage { returned(after: absence, now: now) }
        } else {
            // How long it was away before our start nobody knows.
            silence.databaseReturned(now: now)
            rest.begin(for: configuration.silence.reportTTL, now: now)
            logger.notice("the database answers")
        }
        if !database.isReachable { database.since = now }
        database.isReachable = true
        database.lastError = nil
        database.lastRead = now
        lastAnswer = now
        absence = .zero
    }

    /// Every age that the database computes is off by the step until its row is written anew: as after an outage.
    private func clockMoved(by step: Duration) {
        let now = clock.now()
        silence.databaseReturned(now: now)
        rest.begin(for: configuration.silence.reportTTL, now: now)
        noteSkew(step)
    }

    func noteSkew(_ amount: Duration) {
        let now = clock.now()
        let isNews = database.skew.map { now - $0.seenAt > ControlPass.skewNews } ?? true
        database.skew = ClockSkew(amount: amount, seenAt: now)
        guard isNews else { return }
        logger.warning(
            "the database's clocks disagree: one was set, or its hosts differ; keep them in step (NTP)",
            metadata: ["skew": "\(amount)", "wait": "\(configuration.silence.reportTTL)"])
    }

    private func returned(after away: Duration, now: ContinuousClock.Instant) {
        silence.databaseReturned(now: now)
        rest.begin(for: configuration.silence.reportTTL, now: now)
        logger.notice(
            "the database answers again; nobody is judged silent before every node could report",
            metadata: ["away": "\(away)", "wait": "\(configuration.silence.reportTTL)"])
        let detail = "the database was away for \(away.components.seconds) s"
        events.append(ClusterEvent(.databaseReturned, detail: detail))
    }

    /// A call after this pass's poll was answered, however late: a long series of moves is no absence of the database.
    func heard() { lastAnswer = clock.now() }

    private func heardBeforePoll() {
        if let lastAnswer { absence = max(absence, clock.now() - lastAnswer) }
        heard()
    }

    /// - Parameter started: when the pass began.
    private func failed(_ error: StoreError, in started: ContinuousClock.Instant) async {
        await leader.failed(error)
        let now = clock.now()
        if error.isAnswer {
            if let lastRead = database.lastRead, lastRead >= started { heard() } else { heardBeforePoll() }
        }
        failures += 1
        passes.failures += 1
        switch error {
        case .leaseLost:
            return
        case .unavailable, .deadlineExceeded(_, .us):
            if database.isReachable {
                database.since = now
                logger.warning(
                    "the database does not answer; routing goes on by the last table, nothing is moved",
                    metadata: ["error": "\(error)"])
            } else if database.lastRead == nil, database.lastError == nil {
                logger.warning("the database does not answer yet", metadata: ["error": "\(error)"])
            }
            database.isReachable = false
        case .contended, .deadlineExceeded(_, .database):
            logger.warning("the database answers, but not in time", metadata: ["error": "\(error)"])
            if !database.isReachable { database.since = now }
            database.isReachable = true
        case .notPermitted, .schemaMissing, .refused:
            if database.lastError != error {
                logger.error("the database answers, but not as needed", metadata: ["error": "\(error)"])
            }
            if !database.isReachable { database.since = now }
            database.isReachable = true
            // Not pushed further by each failed pass, or it would never come.
            nextSchemaAttempt = nextSchemaAttempt.map { $0 > now ? $0 : now + ControlPass.schemaRetry } ?? now
        }
        database.lastError = error
    }

    private func backoff() -> Duration {
        let longest = max(configuration.longestBackoff, configuration.pollInterval)
        let span = min(configuration.pollInterval * (1 << min(max(failures - 1, 0), 16)), longest)
        return Jitter.spread(span, draw: clock.draw())
    }
}

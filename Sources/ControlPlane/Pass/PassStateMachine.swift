import ClusterCore
package import ClusterStore

/// One pass through the database, decided: lease, poll, and – as the leader – speaking and moving, in this order and one
/// statement at a time. A newly elected leader therefore always acts on a poll made after its election. A statement that
/// fails ends the pass, but for those of which the pass can do without; the next pass begins again from what is in the tables.
///
/// A value without clock, database or logger: `begin` says what to ask first, each answer or error brings the next step, and
/// what is to be done beside – log lines, nodes to probe, reports to publish – waits in `takeEffects`. A driver performs it.
package struct PassStateMachine: Sendable {
    /// Where a pass is; in the order in which it goes on. Each is left by the answer to what it asks, or at once when there is
    /// nothing to ask.
    enum Stage: Sendable {
        /// Between two passes.
        case resting
        case schema
        case election
        case poll
        /// The poll found that they changed.
        case assignments
        case jobs
        // What follows only a leader does.
        case beginSpeaking
        case speaking(SilentNodeSpeaker.Round)
        case recording(Recording)
        case job(JobStage, JobOccasion)
        /// Whether anything may be moved.
        case pause
        /// Returns come first: what goes home from a lost node need not be moved a second time.
        case beginReturns
        case returning(MonitorMover.ReturnRound)
        case beginFailover
        case leaving(MonitorMover.FailoverRound)
        case moved
        // What follows every balancer does.
        case announcement
        case history
        case feed(EventReading)
        case ended
    }

    /// A statement that was asked and not answered yet.
    struct Asked: Sendable {
        let statement: PassStatement
        let at: ContinuousClock.Instant
    }

    /// How a stage goes on.
    enum Advance {
        case ask(PassStatement)
        case enter(Stage)
        /// The same, when the effects of what came before are there, and at a moment of its own: also after whatever takes long
        /// to compute, so that nothing that follows is judged by the time from before.
        case act(then: Stage)
        /// The pass is answered to its end.
        case end
        case fail(StoreError)
        /// Nothing is under way.
        case rest
    }

    /// What this pass has done so far.
    struct Progress: Sendable {
        var stage = Stage.resting
        var asked: Asked?
        var begun: ContinuousClock.Instant
        /// Before its poll was sent.
        var pollAskedAt: ContinuousClock.Instant
        /// Its own poll is read.
        var hasPolled = false
        /// A node reported while a word for it was under way: the snapshot is older than the words.
        var isOvertaken = false
        /// The lease is asked for on behalf of the next batch. That goes with the answer, however long it took: or a lease that
        /// takes as long as its renewal would be asked for until the round's time is over.
        var isBatchPromised = false

        init(begun: ContinuousClock.Instant) {
            self.begun = begun
            pollAskedAt = begun
        }
    }

    let configuration: ControlPlaneConfiguration
    let identity: BalancerPresence
    var reader = TableReader()
    var leader: LeaderStateMachine
    var speaker: SilentNodeSpeaker
    var mover: MonitorMover
    var rebalancer: Rebalancer
    var silence: SilenceJudge
    var transitions: TransitionObserver
    var database: DatabaseWatch
    var history: HistoryKeeper
    /// What the last good poll read, with what was written since.
    var snapshot: ClusterSnapshot?
    var balancers: [BalancerRecord] = []
    var nextAnnouncement: ContinuousClock.Instant
    /// In which this balancer led last, and in which the mover read its journal. The next one is ours again when nobody led
    /// in between: then it is no news.
    var lastEpoch: Int64?
    /// Passes in a row that an error ended.
    private var failures = 0
    /// From the last pass to this one, as meant.
    private var pause: Duration = .zero
    var passes = PassStatistics()
    var pass: Progress
    var effects: [PassEffect] = []

    /// Of a balancer that has just started: the first pass prepares the schema, asks for the lease and announces the
    /// balancer.
    /// - Parameter now: all of that is due from then on.
    package init(
        configuration: ControlPlaneConfiguration, identity: BalancerPresence, now: ContinuousClock.Instant
    ) {
        self.configuration = configuration
        self.identity = identity
        leader = LeaderStateMachine(ttl: configuration.leaseTTL, renewal: configuration.leaseRenewal)
        speaker = SilentNodeSpeaker(judge: configuration.judge, reportTTL: configuration.silence.reportTTL)
        mover = MonitorMover(configuration, now: now)
        rebalancer = Rebalancer(judge: configuration.judge)
        silence = SilenceJudge(limits: configuration.silence)
        transitions = TransitionObserver(limits: configuration.judge)
        database = DatabaseWatch(outage: configuration.outage, now: now)
        history = HistoryKeeper(now: now)
        nextAnnouncement = now
        pass = Progress(begun: now)
    }
}

// MARK: A pass from its beginning to its end

extension PassStateMachine {
    /// Begins a pass. One that is under way is over: its driver is no more.
    package mutating func begin(_ moment: PassMoment) -> Step {
        if failures == 0 { database.restedFor(pause, now: moment.now) }
        mover.isHolding = false
        pass = Progress(begun: moment.now)
        pass.stage = .schema
        return next(moment)
    }

    /// Gives the lease back, so that a successor need not wait for its end; the last call.
    package mutating func finish(_ moment: PassMoment) -> Step {
        guard let lease = leader.lease(now: moment.now) else { return .rest(.zero) }
        report(leader.lost())
        pass = Progress(begun: moment.now)
        pass.asked = Asked(statement: .releaseLease(lease), at: moment.now)
        return .ask(.releaseLease(lease))
    }

    /// What is to be done beside the statements, in order; each call takes what came since the last one.
    package mutating func takeEffects() -> [PassEffect] {
        defer { effects = [] }
        return effects
    }

    /// The next pass reads the whole assignment map.
    package mutating func expireAssignments() { reader.expireAssignments() }

    /// Goes on: after `.act`, and whenever `begin` or an answer has brought the next stage.
    package mutating func next(_ moment: PassMoment) -> Step {
        while true {
            switch advance(moment) {
            case .ask(let statement):
                if pass.hasPolled { database.computed(now: moment.now) }
                pass.asked = Asked(statement: statement, at: moment.now)
                return .ask(statement)
            case .enter(let stage): pass.stage = stage
            case .act(let stage):
                pass.stage = stage
                return .act
            case .end: return end(moment)
            case .fail(let error): return fail(error, moment)
            case .rest: return .rest(.zero)
            }
        }
    }

    private mutating func advance(_ moment: PassMoment) -> Advance {
        switch pass.stage {
        case .resting: .rest
        case .schema: prepareSchema(moment)
        case .election: elect(moment)
        case .poll: .ask(.poll)
        case .assignments: .ask(.assignments)
        case .jobs: readJobs(moment)
        case .beginSpeaking: beginSpeaking(moment)
        case .speaking(let round): speak(round, moment)
        case .recording(let occasion): record(occasion, moment)
        case .job(let stage, let occasion): work(on: stage, as: occasion, moment)
        case .pause: checkPause(moment)
        case .beginReturns: beginReturns(moment)
        case .returning(let round): bringHome(round, moment)
        case .beginFailover: beginFailover(moment)
        case .leaving(let round): failOver(round, moment)
        case .moved: endMoving()
        case .announcement: announce(moment)
        case .history: rememberHistory()
        case .feed(let reading): feed(reading, moment)
        case .ended: .end
        }
    }

    private mutating func end(_ moment: PassMoment) -> Step {
        let now = moment.now
        pass.stage = .resting
        database.computed(now: now)
        failures = 0
        passes.count += 1
        passes.last = now
        passes.lastDuration = now - pass.begun
        effects.append(.publish(report(.ended, now: now)))
        pause = max(interval - (now - pass.begun), .zero)
        return .rest(pause)
    }

    /// An error ends the pass.
    mutating func fail(_ error: StoreError, _ moment: PassMoment) -> Step {
        pass.stage = .resting
        mover.logMoves(&effects)
        // The lease may be lost, or run out while the database is away.
        switch error {
        case .leaseLost: report(leader.lost())
        case .unavailable, .deadlineExceeded, .contended, .notPermitted, .schemaMissing, .refused:
            report(leader.elapsed(now: moment.now))
        }
        failures += 1
        passes.failures += 1
        database.failed(error, now: moment.now, &effects)
        effects.append(.publish(report(.failed, now: moment.now)))
        let longest = max(configuration.longestBackoff, configuration.pollInterval)
        return .backOff(min(configuration.pollInterval * (1 << min(max(failures - 1, 0), 16)), longest))
    }

    /// Somebody is about to be judged offline, or what was kept back is to be written in time: that waits for no poll, nor for
    /// what can come later.
    var isUrgent: Bool {
        mover.isHolding
            || snapshot?.nodes.contains { node in
                node.failStreak > 0 && node.believedStatus(configuration.judge) == .online
                    && !silence.silent.contains(node.id)
            } ?? false
    }

    private var interval: Duration {
        isUrgent
            ? min(configuration.suspectPollInterval, configuration.pollInterval) : configuration.pollInterval
    }

    func report(_ occasion: PassReport.Occasion, now: ContinuousClock.Instant) -> PassReport {
        var flaps: [NodeID: Int] = [:]
        for node in snapshot?.nodes ?? [] { flaps[node.id] = mover.flaps.flaps(of: node.id, now: now) }
        return PassReport(
            occasion: occasion, snapshot: snapshot, madeAt: now, database: database.snapshot,
            leadership: leader.snapshot(myself: identity.id, balancers: balancers, now: now),
            silent: silence.silent, flaps: flaps, passes: passes, moves: mover.statistics,
            jobs: rebalancer.recent ?? [], history: history.remembered)
    }
}

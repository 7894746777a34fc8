import ClusterCore
import ClusterStore

/// Schema, election and poll: what every pass begins with.
extension PassStateMachine {
    // MARK: Schema

    func prepareSchema(_ moment: PassMoment) -> Advance {
        if database.isSchemaDue(now: moment.now) { return .ask(.prepareSchema) }
        // Without Kuma's table nothing that follows could be done.
        if let foreignness = database.snapshot.foreignness { return .fail(.schemaMissing(reason: foreignness)) }
        return .enter(.election)
    }

    mutating func schemaFailed(_ error: StoreError, _ moment: PassMoment) -> Bearing {
        switch error {
        case .notPermitted, .contended:
            database.schemaFailed(error, now: moment.now, &effects)
            pass.stage = .election
            return .goesOn
        case .unavailable, .deadlineExceeded, .leaseLost, .schemaMissing, .refused: return .ends
        }
    }

    // MARK: Lease

    func elect(_ moment: PassMoment) -> Advance {
        leader.isDue(now: moment.now) ? .ask(acquisition) : .enter(.poll)
    }

    var acquisition: PassStatement { .acquireLease(identity.id, ttl: configuration.leaseTTL) }

    /// The answer about the lease, asked for before the poll or between two batches.
    mutating func held(_ answer: LeaseAnswer, _ askedAt: ContinuousClock.Instant, _ moment: PassMoment) {
        let change = leader.answered(answer, askedAt: askedAt, now: moment.now)
        report(change)
        guard pass.hasPolled else {
            pass.stage = .poll
            return
        }
        switch change {
        case .none: break
        // A new epoch means that the lease was lost meanwhile: what was planned under the old one is void.
        case .elected(let lease):
            takeUp(lease)
            stopMoving(moment)
        case .deposed, .expired: stopMoving(moment)
        }
    }

    /// Takes up a new epoch; nothing happens in one that has begun.
    mutating func takeUp(_ lease: Lease) {
        guard lease.epoch != lastEpoch else { return }
        mover.forgetJournal()
        defer { lastEpoch = lease.epoch }
        if let lastEpoch, lease.epoch <= lastEpoch + 1 { return }
        let detail = "\(identity.id) at \(identity.address) leads (epoch \(lease.epoch))"
        history.add([ClusterEvent(.leaderElected, detail: detail)], &effects)
    }

    mutating func report(_ change: LeaderStateMachine.Change) {
        switch change {
        case .none: break
        case .elected(let lease):
            effects.log(
                .notice, "this balancer leads: it moves monitors and speaks for silent nodes",
                ["epoch": "\(lease.epoch)"])
        case .deposed:
            effects.log(.notice, "this balancer does not lead any more; it goes on routing")
        case .expired(let lease):
            effects.log(
                .warning, "the leader lease ran out because the database did not answer; monitors stay where they are",
                ["epoch": "\(lease.epoch)"])
        }
    }

    mutating func releaseFailed(_ error: StoreError, _ lease: Lease) -> Bearing {
        effects.log(
            .info, "the leader lease could not be given back; it expires by itself",
            ["epoch": "\(lease.epoch)", "error": "\(error)"])
        return .goesOn
    }

    // MARK: Poll

    mutating func polled(_ answer: PollAnswer, _ askedAt: ContinuousClock.Instant, _ moment: PassMoment) {
        pass.pollAskedAt = askedAt
        let step = reader.polled(answer, asked: askedAt, now: moment.now, &effects)
        if let leap = reader.clockStep {
            // Every age that the database computes is off by the step until its row is written anew: as after an outage.
            wait(for: configuration.silence.reportTTL, now: moment.now)
            noteSkew(leap, now: moment.now)
        }
        switch step {
        case .whole(let snapshot): read(snapshot, moment)
        case .readAssignments: pass.stage = .assignments
        }
    }

    mutating func assigned(_ assignments: [MonitorAssignment], _ moment: PassMoment) {
        if let snapshot = reader.read(assignments) { read(snapshot, moment) } else { pass.stage = .poll }
    }

    /// A poll is read to its end.
    mutating func read(_ snapshot: ClusterSnapshot, _ moment: PassMoment) {
        let now = moment.now
        passes.polled(in: now - pass.pollAskedAt)
        switch database.polled(now: now, &effects) {
        case .noneNeeded: break
        case .first: wait(for: configuration.silence.reportTTL, now: now)
        case .after(let span): returned(after: span, now: now)
        }
        pass.hasPolled = true
        observe(snapshot, now: now)
        // Asked of the lease and not of its renewal: a poll that failed after the election hides no new epoch.
        if let lease = leader.lease(now: now) { takeUp(lease) }
        pass.stage = .jobs
    }

    private mutating func wait(for span: Duration, now: ContinuousClock.Instant) {
        silence.databaseReturned(now: now)
        mover.rest.begin(for: span, now: now)
    }

    private mutating func returned(after away: Duration, now: ContinuousClock.Instant) {
        wait(for: configuration.silence.reportTTL, now: now)
        effects.log(
            .notice, "the database answers again; nobody is judged silent before every node could report",
            ["away": "\(away)", "wait": "\(configuration.silence.reportTTL)"])
        let detail = "the database was away for \(away.components.seconds) s"
        history.add([ClusterEvent(.databaseReturned, detail: detail)], &effects)
    }

    mutating func noteSkew(_ amount: Duration, now: ContinuousClock.Instant) {
        database.noteSkew(amount, wait: configuration.silence.reportTTL, now: now, &effects)
    }

    private mutating func observe(_ snapshot: ClusterSnapshot, now: ContinuousClock.Instant) {
        self.snapshot = snapshot
        effects.append(.follow(snapshot.nodes))
        let nodes = snapshot.nodes(asOf: now)
        judgeSilence(of: nodes, now: now)
        // An overdue report is the first sign of a vanished host: four seconds before its silence is final.
        for node in nodes where (node.reportAge ?? .zero) > configuration.silence.reportTTL / 2 {
            guard !silence.silent.contains(node.id) else { continue }
            effects.append(.hurry(node.id))
        }
        // Its agent says that it is offline and we still send clients there: look again at once.
        for node in nodes where node.believedStatus(configuration.judge) == .offline { effects.append(.hurry(node.id)) }
        note(nodes, now: now)
        let events = speaker.follow(nodes, speakable: silence.speakable, silent: silence.silent, &effects)
        history.add(events, &effects)
    }

    /// Takes what the rows say now: after a poll, and after own words.
    mutating func note(_ nodes: [NodeRecord], now: ContinuousClock.Instant) {
        mover.observe(nodes, now: now)
        let events = transitions.observe(nodes)
        for event in events { effects.log(.notice, event.detail, ["kind": event.kind.rawValue]) }
        history.add(events, &effects)
    }

    private mutating func judgeSilence(of nodes: [NodeRecord], now: ContinuousClock.Instant) {
        switch silence.observe(nodes, now: now) {
        case .ordinary: break
        case .massSilenceBegan(let count):
            // The last word of a node that is cut off may be as wrong as its silence.
            mover.rest.begin(for: configuration.silence.massWait, now: now)
            effects.log(
                .warning, "more than half of the nodes fell silent together; waiting before anybody is judged by it",
                ["nodes": "\(count)", "wait": "\(configuration.silence.massWait)"])
        case .massSilenceEnded:
            effects.log(
                .warning, "the wait is over; nodes that are still silent are judged by the leader's own probes",
                ["nodes": "\(silence.speakable.count)"])
        }
    }
}

import ClusterCore
import ClusterStore

/// What the leader moves in one pass.
extension PassStateMachine {
    // MARK: Returns

    mutating func beginReturns(_ moment: PassMoment) -> Advance {
        guard let snapshot, mover.rest.isOver(now: moment.now) else { return .enter(.beginFailover) }
        guard let open = mover.journalForReturns(snapshot) else { return .ask(.openMoves) }
        mover.expect(mover.planFailover(snapshot, doubts(moment)).moves, at: moment.wallTime)
        return .act(then: .returning(mover.beginReturns(snapshot, open: open, at: moment)))
    }

    mutating func bringHome(_ round: MonitorMover.ReturnRound, _ moment: PassMoment) -> Advance {
        var round = round
        guard pass.isBatchPromised || mover.hasMore(&round, now: moment.now) else {
            snapshot?.reassign(round.changes)
            return .enter(.beginFailover)
        }
        switch footing(moment) {
        case .unasked:
            pass.stage = .returning(round)
            return .ask(acquisition)
        case .lost:
            snapshot?.reassign(round.changes)
            return .enter(.moved)
        case .firm(let lease):
            let step = mover.next(&round)
            pass.stage = .returning(round)
            switch step {
            case .forget(let batch): return .ask(.forget(batch, lease))
            case .giveBack(let batch):
                reader.expireAssignments()
                return .ask(.returnHome(batch, lease))
            }
        }
    }

    mutating func forgotten(_ took: Duration) {
        guard case .returning(var round) = pass.stage else { return }
        mover.forgotten(&round, took: took, &effects)
        pass.stage = .returning(round)
    }

    mutating func returned(_ monitors: [MonitorID], _ took: Duration) {
        guard case .returning(var round) = pass.stage, let snapshot else { return }
        pass.stage = .moved
        mover.returned(monitors, &round, in: snapshot, took: took)
        history.expire()
        pass.stage = .returning(round)
    }

    // MARK: Failover

    mutating func beginFailover(_ moment: PassMoment) -> Advance {
        guard let snapshot else { return .enter(.moved) }
        return .act(
            then: .leaving(
                mover.beginFailover(
                    snapshot, doubts(moment), lastPass: passes.lastDuration, at: moment, &effects)))
    }

    mutating func failOver(_ round: MonitorMover.FailoverRound, _ moment: PassMoment) -> Advance {
        var round = round
        guard pass.isBatchPromised || mover.hasMore(&round, now: moment.now) else {
            endFailover(round, moment)
            return .enter(mover.rest.isOver(now: moment.now) ? .job(.begin, .active) : .moved)
        }
        switch footing(moment) {
        case .unasked:
            pass.stage = .leaving(round)
            return .ask(acquisition)
        case .lost:
            endFailover(round, moment)
            return .enter(.moved)
        case .firm(let lease):
            let batch = mover.next(&round)
            pass.stage = .leaving(round)
            reader.expireAssignments()
            return .ask(.move(batch, lease))
        }
    }

    private mutating func endFailover(_ round: MonitorMover.FailoverRound, _ moment: PassMoment) {
        snapshot?.reassign(mover.end(round, at: moment.wallTime))
    }

    mutating func moved(_ monitors: [MonitorID], _ took: Duration) {
        guard case .leaving(var round) = pass.stage else { return }
        pass.stage = .moved
        mover.moved(monitors, &round, took: took)
        history.expire()
        pass.stage = .leaving(round)
    }

    private func doubts(_ moment: PassMoment) -> MonitorMover.Doubts {
        snapshot.map { mover.doubts(about: $0, silence, now: moment.now) } ?? MonitorMover.Doubts()
    }

    // MARK: What stops it

    /// When somebody keeps rows of a batch locked, the other batches need not wait for that, and the next pass tries this one
    /// again.
    mutating func batchFailed(_ error: StoreError, _ moment: PassMoment) -> Bearing {
        switch error {
        case .contended:
            effects.log(.warning, "a batch waits: rows that it needs are locked", ["error": "\(error)"])
            if case .leaving(var round) = pass.stage {
                mover.batchIsLocked(&round, now: moment.now)
                pass.stage = .leaving(round)
            }
            return .goesOn
        case .deadlineExceeded:
            mover.pace.noteDeadline()
            return .ends
        case .unavailable, .leaseLost, .notPermitted, .schemaMissing, .refused: return .ends
        }
    }

    /// What was planned is void; what was written of it counts.
    mutating func stopMoving(_ moment: PassMoment) {
        if case .returning(let round) = pass.stage {
            snapshot?.reassign(round.changes)
        } else if case .leaving(let round) = pass.stage {
            endFailover(round, moment)
        } else {
            return
        }
        pass.isBatchPromised = false
        pass.stage = .moved
    }
}

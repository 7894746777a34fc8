import ClusterCore
package import ClusterStore

/// What the database said to the statement under way.
extension PassStateMachine {
    /// Takes the answer to what was asked last and goes on. It must be of the statement's kind; where nothing was asked it
    /// is dropped.
    package mutating func answered(_ answer: PassAnswer, _ moment: PassMoment) -> Step {
        guard let asked = pass.asked else { return .rest(.zero) }
        pass.asked = nil
        guard answer.kind == asked.statement.answerKind else {
            // A driver's mistake: taken for the other one, it would count as done.
            let reason = "an answer came that belongs to another statement"
            return fail(.refused(code: 0, reason: reason), moment)
        }
        count(answer, moment.now)
        let took = moment.now - asked.at
        switch answer {
        case .schema(let report): database.schemaPrepared(report, now: moment.now, &effects)
        case .lease(let answer): held(answer, asked.at, moment)
        case .released: break
        case .poll(let answer): polled(answer, asked.at, moment)
        case .assignments(let assignments): assigned(assignments, moment)
        case .jobs(let jobs): jobsRead(jobs)
        case .openMoves(let open): mover.read(open)
        case .spoken(let effect): spoken(effect)
        case .recorded: written()
        case .pause(let effect): ended(effect)
        case .forgotten: forgotten(took)
        case .returned(let monitors): returned(monitors, took)
        case .moved(let monitors): moved(monitors, took)
        case .rebalanced(let step): rebalanced(step, asked.statement, moment)
        case .jobFinished: jobFinished(asked.statement)
        case .balancers(let records): announced(records, moment)
        case .history(let events, let moves):
            history.read(events: events, moves: moves)
            pass.stage = .feed(.begin)
        case .events(let events): eventsRead(events)
        }
        return next(moment)
    }

    /// Notes that the database is there. A poll counts when the whole of it is read.
    private mutating func count(_ answer: PassAnswer, _ now: ContinuousClock.Instant) {
        switch answer {
        case .poll, .assignments: break
        case .schema, .lease, .released, .jobs, .openMoves, .spoken, .recorded, .pause, .forgotten, .returned, .moved,
            .rebalanced, .jobFinished, .balancers, .history, .events:
            noteAnswer(now)
        }
    }

    private mutating func noteAnswer(_ now: ContinuousClock.Instant) {
        if pass.hasPolled { database.answered(now: now) } else { database.answeredBeforePoll(now: now) }
    }

    /// Nothing came, or a refusal.
    package mutating func failed(_ error: StoreError, _ moment: PassMoment) -> Step {
        guard let asked = pass.asked else { return .rest(.zero) }
        pass.asked = nil
        if error.isAnswer { noteAnswer(moment.now) }
        switch bear(error, asked.statement, moment) {
        case .goesOn: return next(moment)
        case .ends: return fail(error, moment)
        }
    }

    /// Whether a pass can do without what it asked for.
    enum Bearing {
        case goesOn, ends
    }

    private mutating func bear(_ error: StoreError, _ statement: PassStatement, _ moment: PassMoment) -> Bearing {
        switch statement {
        case .prepareSchema: schemaFailed(error, moment)
        case .acquireLease, .poll, .assignments, .openMoves, .endPause, .finishJob, .announce: .ends
        case .releaseLease(let lease): releaseFailed(error, lease)
        case .jobs: jobsFailed(error)
        case .speak: wordFailed(error)
        case .record: recordFailed(error, moment)
        case .forget, .returnHome, .move: batchFailed(error, moment)
        case .rebalance: rebalanceFailed(error)
        case .history: historyFailed(error)
        case .events: feedFailed(error)
        }
    }
}

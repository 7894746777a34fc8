package import ClusterCore
package import ClusterStore

/// What a pass asks of the database, one at a time. Each may fail, or be executed and its answer be lost: the next pass
/// begins again from what is in the tables.
package enum PassStatement: Sendable, Equatable {
    case prepareSchema
    case acquireLease(BalancerID, ttl: Duration)
    case releaseLease(Lease)
    case poll
    case assignments
    case jobs
    case openMoves
    case speak(SpokenStatus, Lease)
    case record([ClusterEvent])
    /// The pause whose time is over.
    case endPause
    case forget([OpenMove], Lease)
    case returnHome([OpenMove], Lease)
    case move([PlannedMove], Lease)
    case rebalance([PlannedMove], job: Int64, Lease)
    case finishJob(Int64, RebalanceEnd, Lease)
    case announce(BalancerPresence)
    /// Of events and moves, this many.
    case history(newest: Int)
    case events(newest: Int)
}

/// What the database says to a statement when it does what it was asked to.
package enum PassAnswer: Sendable {
    case schema(SchemaReport)
    case lease(LeaseAnswer)
    case released
    case poll(PollAnswer)
    case assignments([MonitorAssignment])
    case jobs([RebalanceJob])
    case openMoves([OpenMove])
    case spoken(SpokenEffect)
    case recorded
    case pause(PauseEffect)
    case forgotten
    case returned([MonitorID])
    case moved([MonitorID])
    case rebalanced(RebalanceStep)
    case jobFinished
    case balancers([BalancerRecord])
    case history(events: [RecordedEvent], moves: [RecordedMove])
    case events([RecordedEvent])

    /// What came of a word for a silent node.
    package enum SpokenEffect: Sendable, Equatable {
        case written
        /// The node is not silent any more, or its row is gone.
        case overtaken
    }

    /// What came of the end of a pause.
    package enum PauseEffect: Sendable, Equatable {
        case ended
        /// Somebody else ended it, or it was prolonged.
        case unchanged
    }
}

/// Which answer belongs to which statement: each has its own kind.
extension PassAnswer {
    enum Kind {
        case schema, lease, released, poll, assignments, jobs, openMoves, spoken, recorded, pause, forgotten, returned
        case moved, rebalanced, jobFinished, balancers, history, events
    }

    var kind: Kind {
        switch self {
        case .schema: .schema
        case .lease: .lease
        case .released: .released
        case .poll: .poll
        case .assignments: .assignments
        case .jobs: .jobs
        case .openMoves: .openMoves
        case .spoken: .spoken
        case .recorded: .recorded
        case .pause: .pause
        case .forgotten: .forgotten
        case .returned: .returned
        case .moved: .moved
        case .rebalanced: .rebalanced
        case .jobFinished: .jobFinished
        case .balancers: .balancers
        case .history: .history
        case .events: .events
        }
    }
}

extension PassStatement {
    /// What it is answered with.
    var answerKind: PassAnswer.Kind {
        switch self {
        case .prepareSchema: .schema
        case .acquireLease: .lease
        case .releaseLease: .released
        case .poll: .poll
        case .assignments: .assignments
        case .jobs: .jobs
        case .openMoves: .openMoves
        case .speak: .spoken
        case .record: .recorded
        case .endPause: .pause
        case .forget: .forgotten
        case .returnHome: .returned
        case .move: .moved
        case .rebalance: .rebalanced
        case .finishJob: .jobFinished
        case .announce: .balancers
        case .history: .history
        case .events: .events
        }
    }
}

extension ControlStore {
    /// Asks one statement of a pass, and keeps how it ended.
    package func outcome(of statement: PassStatement) async -> Result<PassAnswer, StoreError> {
        do throws(StoreError) { return .success(try await answer(to: statement)) } catch { return .failure(error) }
    }

    /// Asks one statement of a pass; the answer is of the statement's kind.
    package func answer(to statement: PassStatement) async throws(StoreError) -> PassAnswer {
        switch statement {
        case .prepareSchema: .schema(try await prepareSchema())
        case .acquireLease(let holder, let ttl): .lease(try await acquireLease(holder: holder, ttl: ttl))
        case .releaseLease(let lease):
            try await done(.released) { () throws(StoreError) in try await releaseLease(lease) }
        case .poll: .poll(try await poll())
        case .assignments: .assignments(try await assignments())
        case .jobs: .jobs(try await jobs())
        case .openMoves: .openMoves(try await openMoves())
        case .speak(let word, let lease): .spoken(try await speak(word, under: lease) ? .written : .overtaken)
        case .record(let events): try await done(.recorded) { () throws(StoreError) in try await record(events) }
        case .endPause: .pause(try await resume(.overdue) ? .ended : .unchanged)
        case .forget(let moves, let lease):
            try await done(.forgotten) { () throws(StoreError) in try await forgetMoves(moves, under: lease) }
        case .returnHome(let moves, let lease): .returned(try await returnHome(moves, under: lease))
        case .move(let moves, let lease): .moved(try await move(moves, under: lease))
        case .rebalance(let moves, let job, let lease):
            .rebalanced(try await rebalance(moves, for: job, under: lease))
        case .finishJob(let job, let end, let lease):
            try await done(.jobFinished) { () throws(StoreError) in try await finishJob(job, as: end, under: lease) }
        case .announce(let balancer): .balancers(try await announce(balancer))
        case .history(let count): try await newestHistory(count)
        case .events(let count): .events(try await events(EventQuery(limit: count)))
        }
    }

    private func done(
        _ answer: PassAnswer, _ call: () async throws(StoreError) -> Void
    ) async throws(StoreError) -> PassAnswer {
        try await call()
        return answer
    }

    private func newestHistory(_ count: Int) async throws(StoreError) -> PassAnswer {
        let (events, moves) = try await history(newest: count)
        return .history(events: events, moves: moves)
    }
}

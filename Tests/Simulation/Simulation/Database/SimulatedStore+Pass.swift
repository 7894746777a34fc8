import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore

/// What a balancer's pass asks; no task waits for the answer.
extension SimulatedStore {
    func ask(_ statement: PassStatement, then: @escaping (Outcome<PassAnswer>) -> Void) {
        send(Statement(statement), { () throws(StoreError) in try answer(to: statement) }, then: then)
    }

    /// The tables' own answer, at once.
    private func answer(to statement: PassStatement) throws(StoreError) -> PassAnswer {
        switch statement {
        case .prepareSchema: .schema(try inner.prepareSchema())
        case .acquireLease(let holder, let ttl): .lease(try inner.acquireLease(holder: holder, ttl: ttl))
        case .releaseLease(let lease): try done(.released) { () throws(StoreError) in try inner.releaseLease(lease) }
        case .poll: .poll(sabotage.spoil(try inner.poll()))
        case .assignments: .assignments(try inner.assignments())
        case .jobs: .jobs(try inner.jobs())
        case .openMoves: .openMoves(try inner.openMoves())
        case .speak(let word, let lease):
            .spoken(try inner.speak(sabotage.spoil(word), under: spoil(lease)) ? .written : .overtaken)
        case .record(let events): try done(.recorded) { () throws(StoreError) in try inner.record(events) }
        case .endPause: .pause(try inner.resume(.overdue) ? .ended : .unchanged)
        case .forget(let moves, let lease):
            try done(.forgotten) { () throws(StoreError) in try inner.forgetMoves(moves, under: spoil(lease)) }
        case .returnHome(let moves, let lease): .returned(try inner.returnHome(moves, under: spoil(lease)))
        case .move(let moves, let lease):
            .moved(try inner.move(sabotage.spoil(moves, on: database.tables), under: spoil(lease)))
        case .rebalance(let moves, let job, let lease):
            .rebalanced(try inner.rebalance(moves, for: job, under: spoil(lease)))
        case .finishJob(let job, let end, let lease):
            try done(.jobFinished) { () throws(StoreError) in try inner.finishJob(job, as: end, under: spoil(lease)) }
        case .announce(let balancer): .balancers(try inner.announce(balancer))
        // Nobody looks at it here: whether there is any is enough.
        case .history: .history(events: try inner.events(EventQuery(limit: 1)), moves: [])
        case .events(let count): .events(try inner.events(EventQuery(limit: count)))
        }
    }

    private func spoil(_ lease: Lease) -> Lease { sabotage.spoil(lease, on: database.tables) }

    private func done(_ answer: PassAnswer, _ call: () throws(StoreError) -> Void) throws(StoreError) -> PassAnswer {
        try call()
        return answer
    }
}

extension Statement {
    init(_ statement: PassStatement) {
        self =
            switch statement {
            case .prepareSchema: .other("schema")
            case .acquireLease(let holder, _): .acquire(holder)
            case .releaseLease(let lease): .release(lease)
            case .poll: .poll
            case .assignments: .read("assignments")
            case .jobs: .read("jobs")
            case .openMoves: .read("open moves")
            case .speak(let word, let lease): .speak(word, lease)
            case .record: .other("record")
            case .endPause: .other("resume")
            case .forget(let moves, let lease): .forget(moves, lease)
            case .returnHome(let moves, let lease): .giveBack(moves, lease)
            case .move(let moves, let lease): .move(moves, lease)
            case .rebalance(let moves, _, let lease): .rebalance(moves, lease)
            case .finishJob: .other("finish job")
            case .announce: .other("announce")
            case .history: .read("history")
            case .events: .read("events")
            }
    }
}

import ClusterCore
import ClusterStore
import InMemoryClusterStore
import RepeatableRandom

/// One process's way to the tables. Each call is three moments – sent, executed, answered – with anything in between.
struct SimulatedStore: Sendable {
    let process: SimulatedProcess
    let database: SimulatedDatabase
    let oracle: Oracle
    let sabotage: Sabotage?
    let inner: InMemoryClusterStore

    init(process: SimulatedProcess, database: SimulatedDatabase, oracle: Oracle, sabotage: Sabotage?) {
        self.process = process
        self.database = database
        self.oracle = oracle
        self.sabotage = sabotage
        inner = InMemoryClusterStore(database.tables)
    }

    private var scheduler: Scheduler { process.scheduler }

    /// What a call does to the tables, at once.
    typealias Body<Answer> = () throws(StoreError) -> Answer
    typealias Outcome<Answer> = Result<Answer, StoreError>

    /// One call on its way.
    private struct Call<Answer> {
        let arrival: Arrival
        let passage: SimulatedDatabase.Passage
        let body: Body<Answer>
        let then: (Outcome<Answer>) -> Void
    }

    /// Sends a call; `then` is told how it ended, in virtual time.
    func send<Answer>(
        _ statement: Statement, _ body: @escaping Body<Answer>, then: @escaping (Outcome<Answer>) -> Void
    ) {
        process.whenAwake { [self] in
            guard !process.isDead else { return then(.failure(SimulatedStore.noProcess)) }
            let passage = database.passage(of: statement)
            let arrival = Arrival(
                caller: process, statement: statement, sentAt: scheduler.now, snapshotOf: process.lastPoll,
                manner: .first)
            let call = Call(arrival: arrival, passage: passage, body: body, then: then)
            scheduler.after(passage.toServer) { arrive(call) }
        }
    }

    private static let noProcess = StoreError.unavailable(reason: "this process is no more")

    private func arrive<Answer>(_ call: Call<Answer>) {
        if process.isCutFromDatabase { return giveUp(call) }
        switch database.mode {
        case .up: break
        case .refusing:
            return process.whenAwake { [self] in fail(call, .unavailable(reason: "connection refused")) }
        case .frozen:
            // What lies in the server's socket is executed when it goes on, whether anybody waits for it or not.
            if scheduler.random.chance(0.5) { stray(call, after: .milliseconds(10)) }
            return giveUp(call)
        }
        switch call.passage.fate {
        case .requestLost: return giveUp(call)
        case .executedLate(let later):
            stray(call, after: SimulatedDatabase.Limits.deadline + later)
            return giveUp(call)
        case .answerLost:
            _ = execute(call.arrival, call.body)
            return giveUp(call)
        case .repeated(let later): stray(call, after: later)
        case .ordinary: break
        }
        let outcome = execute(call.arrival, call.body)
        scheduler.after(call.passage.toCaller) { answer(call, outcome) }
    }

    private func answer<Answer>(_ call: Call<Answer>, _ outcome: Outcome<Answer>) {
        if process.isCutFromDatabase { return giveUp(call) }
        process.whenAwake { [self] in
            guard !process.isDead else { return call.then(.failure(SimulatedStore.noProcess)) }
            process.answers.answered(call.arrival.statement, by: outcome, at: process.instant)
            call.then(outcome)
        }
    }

    private func fail<Answer>(_ call: Call<Answer>, _ error: StoreError) {
        process.answers.notAnswered()
        call.then(.failure(error))
    }

    /// Waits until the driver does not wait any more; now and then the connection breaks earlier.
    private func giveUp<Answer>(_ call: Call<Answer>) {
        let left = max(call.arrival.sentAt + SimulatedDatabase.Limits.deadline - scheduler.now, .zero)
        let breaks = scheduler.random.chance(0.3)
        let error: StoreError =
            breaks ? .unavailable(reason: "connection reset") : .deadlineExceeded(statement: "any")
        scheduler.after(breaks ? scheduler.random.span(.zero...left) : left) { [self] in
            process.whenAwake { fail(call, error) }
        }
    }

    /// A call that is executed although its caller waits for it no more, or a second time.
    private func stray<Answer>(_ call: Call<Answer>, after span: Duration) {
        let first = call.arrival
        guard first.statement.writes else { return }
        let stray = Arrival(
            caller: first.caller, statement: first.statement, sentAt: first.sentAt, snapshotOf: first.snapshotOf,
            manner: .stray)
        let body = call.body
        scheduler.after(span) { [self] in whenThawed { _ = execute(stray, body) } }
    }

    private func whenThawed(_ action: @escaping () -> Void) {
        guard !oracle.isClosed else { return }
        switch database.mode {
        case .up: action()
        case .refusing: return
        case .frozen: scheduler.after(.milliseconds(100)) { [self] in whenThawed(action) }
        }
    }

    private func execute<Answer>(_ arrival: Arrival, _ body: Body<Answer>) -> Outcome<Answer> {
        let before = oracle.look(before: arrival)
        let outcome: Outcome<Answer>
        do throws(StoreError) { outcome = .success(try body()) } catch { outcome = .failure(error) }
        switch outcome {
        case .success: oracle.executed(arrival, since: before, answer: .done)
        case .failure(let error): oracle.executed(arrival, since: before, answer: .refused(error))
        }
        return outcome
    }
}

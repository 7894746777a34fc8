import ClusterCore
import ClusterStore
import InMemoryClusterStore
import Testing

@testable import ControlPlane

@Suite("A pass whose statements fail, hang or come twice")
struct PassFateTests {
    /// All but the one with which a process ends.
    static let kinds = PassStatement.Kind.allCases.filter { $0 != .releaseLease }

    @Test("a leader's life asks every statement there is, and ends with everything at home")
    func everything() async throws {
        let walk = try await PassWalk()
        #expect(try await walk.live())
        #expect(Set(walk.asked.map(\.kind)) == Set(PassFateTests.kinds))
    }

    @Test(
        "whatever becomes of a statement's first time, the end is the same", arguments: kinds,
        [PassWalk.Fate.hangs, .answerIsLost, .comesTwice])
    func firstTime(kind: PassStatement.Kind, fate: PassWalk.Fate) async throws {
        let walk = try await PassWalk()
        var isMet = false
        walk.fate = { statement in
            guard statement.kind == kind, !isMet else { return .answered }
            isMet = true
            return fate
        }
        #expect(try await walk.live())
        #expect(isMet)
        let failedOver = walk.cluster.tables.journal.filter { $0.entry.reason == .failover }
        #expect(failedOver.allSatisfy { $0.entry.from.text == "node2" }, "a node that lives lost monitors")
        #expect(!failedOver.isEmpty)
        #expect(walk.cluster.tables.historyCounts.moved == failedOver.count, "each is in the history once")
    }

    @Test(
        "whatever becomes of statements again and again, the end is the same",
        arguments: [PassWalk.Fate.hangs, .answerIsLost, .comesTwice], 0..<3)
    func againAndAgain(fate: PassWalk.Fate, offset: Int) async throws {
        let walk = try await PassWalk()
        // What hangs for its whole time is an outage: after each, nobody is judged by silence for a while.
        let interval = fate == .hangs ? 61 : 7
        var (count, met) = (offset, 0)
        walk.fate = { _ in
            count += 1
            guard count.isMultiple(of: interval) else { return .answered }
            met += 1
            return fate
        }
        #expect(try await walk.live())
        #expect(met > 1)
        let failedOver = walk.cluster.tables.journal.filter { $0.entry.reason == .failover }
        #expect(failedOver.allSatisfy { $0.entry.from.text == "node2" }, "a node that lives lost monitors")
        #expect(!failedOver.isEmpty)
        #expect(walk.cluster.tables.historyCounts.moved == failedOver.count, "each is in the history once")
    }
}

@Suite("What a pass can do without")
struct PassErrorTests {
    static let errors: [StoreError] = [
        .unavailable(reason: "connection refused"), .deadlineExceeded(statement: "any"),
        .deadlineExceeded(statement: "any", by: .database), .contended(reason: "locked"), .leaseLost,
        .notPermitted(reason: "no right", sql: []), .schemaMissing(reason: "no table"), .refused(code: 1, reason: "no"),
    ]

    /// Whether the pass goes on after an error of a statement.
    private static func goesOn(_ kind: PassStatement.Kind, after error: StoreError) -> Bool {
        switch (kind, error) {
        case (_, .unavailable), (_, .deadlineExceeded), (_, .leaseLost): false
        case (.prepareSchema, .notPermitted), (.prepareSchema, .contended): true
        case (.prepareSchema, _): false
        // Rows that somebody locks wait; one row that cannot be written is one row.
        case (.speak, .contended), (.speak, .refused): true
        case (.forget, .contended), (.returnHome, .contended), (.move, .contended): true
        case (.speak, _), (.forget, _), (.returnHome, _), (.move, _): false
        case (.jobs, .contended): false
        case (.jobs, _), (.record, _), (.rebalance, _), (.history, _), (.events, _): true
        case (.acquireLease, _), (.releaseLease, _), (.poll, _), (.assignments, _), (.openMoves, _), (.endPause, _),
            (.finishJob, _), (.announce, _):
            false
        }
    }

    @Test("an error ends the pass where the pass cannot do without, and nowhere else")
    func errors() async throws {
        let walk = try await PassWalk()
        var met: Set<PassStatement.Kind> = []
        walk.inspect = { statement, machine, moment in
            guard met.insert(statement.kind).inserted else { return }
            for error in PassErrorTests.errors {
                // A value: each error is tried on a copy.
                var copy = machine
                let step = copy.failed(error, moment)
                let goesOn =
                    switch step {
                    case .act, .ask, .rest: true
                    case .backOff: false
                    }
                #expect(
                    goesOn == PassErrorTests.goesOn(statement.kind, after: error),
                    "\(statement.kind) met \(error): \(step)")
            }
        }
        #expect(try await walk.live())
        #expect(met == Set(PassFateTests.kinds))
    }

    @Test("a failed pass begins again from the tables: with the schema or the lease, where due, or with the poll")
    func beginsAgain() async throws {
        let walk = try await PassWalk()
        var (failed, first): (Set<PassStatement.Kind>, Set<PassStatement.Kind>) = ([], [])
        walk.inspect = { statement, machine, moment in
            var copy = machine
            guard case .backOff(let span) = copy.failed(.unavailable(reason: "away"), moment) else { return }
            #expect(span <= walk.configuration.longestBackoff)
            let later = PassMoment(now: moment.now + span, wallTime: moment.wallTime + span)
            let isSchemaDue = copy.database.isSchemaDue(now: later.now)
            let due: PassStatement.Kind =
                isSchemaDue ? .prepareSchema : copy.leader.isDue(now: later.now) ? .acquireLease : .poll
            guard case .ask(let next) = copy.begin(later) else {
                Issue.record("nothing is asked after \(statement.kind)")
                return
            }
            #expect(next.kind == due, "after \(statement.kind)")
            failed.insert(statement.kind)
            first.insert(next.kind)
        }
        #expect(try await walk.live())
        #expect(failed == Set(PassFateTests.kinds))
        #expect(first == [.prepareSchema, .acquireLease, .poll])
    }

    @Test("a clock that was set is noticed, though the assignments could not be read with that poll")
    func clockAndAssignments() async throws {
        let walk = try await PassWalk()
        _ = await walk.walk(upTo: 5) { false }
        walk.cluster.time.leap(by: .seconds(90))
        walk.cluster.tables.put(MonitorAssignment(id: MonitorID(100), home: NodeReference(text: "node1")))
        walk.fate = { $0.kind == .assignments ? .answerIsLost : .answered }
        await walk.pass()
        #expect(walk.asked.last?.kind == .assignments)
        #expect(walk.remarks.contains { $0.text.contains("clocks disagree") })
    }

    @Test("an answer that nobody waits for any more changes nothing")
    func strayAnswer() async throws {
        let walk = try await PassWalk()
        await walk.pass()
        let asked = walk.asked.count
        #expect(walk.take(.success(.moved([MonitorID(1)]))) == .rest(.zero))
        #expect(walk.take(.failure(.leaseLost)) == .rest(.zero))
        #expect(walk.machine.takeEffects().isEmpty)
        await walk.pass()
        #expect(walk.asked.count > asked)
    }

    @Test("an answer to another statement than was asked ends the pass, and nothing of it counts")
    func crossedAnswer() async throws {
        let walk = try await PassWalk()
        var crossed: Set<PassStatement.Kind> = []
        walk.inspect = { statement, machine, moment in
            guard crossed.insert(statement.kind).inserted else { return }
            for answer in [PassAnswer.released, .recorded, .moved([MonitorID(1)]), .jobs([])] {
                guard !PassErrorTests.belongs(answer, to: statement.kind) else { continue }
                var copy = machine
                guard case .backOff = copy.answered(answer, moment) else {
                    Issue.record("\(statement.kind) took \(answer)")
                    continue
                }
                // Nothing but what went wrong: no move, no job and no event of it.
                let errors = PassErrorTests.logged(&copy).map { $0.facts["error"] ?? $0.text }
                #expect(errors.count == 1, "\(statement.kind): \(errors)")
                #expect(errors.first?.hasSuffix("an answer came that belongs to another statement") == true)
            }
        }
        #expect(try await walk.live())
        #expect(crossed == Set(PassFateTests.kinds))
    }

    private static func logged(_ machine: inout PassStateMachine) -> [PassRemark] {
        machine.takeEffects().compactMap { effect in
            guard case .log(let remark) = effect else { return nil }
            return remark
        }
    }

    private static func belongs(_ answer: PassAnswer, to kind: PassStatement.Kind) -> Bool {
        switch answer {
        case .recorded: kind == .record
        case .moved: kind == .move
        case .jobs: kind == .jobs
        case .schema, .lease, .released, .poll, .assignments, .openMoves, .spoken, .pause, .forgotten, .returned,
            .rebalanced, .jobFinished, .balancers, .history, .events:
            false
        }
    }
}

@Suite("A pass and its lease")
struct PassLeaseTests {
    @Test("a batch that outlives the lease is the pass's last: whoever is elected anew reads the tables first")
    func batchOutlivesLease() async throws {
        let walk = try await PassWalk()
        var checked: Set<PassStatement.Kind> = []
        walk.inspect = { statement, machine, moment in
            guard statement.moves || statement.kind == .forget, checked.insert(statement.kind).inserted else { return }
            let late = PassMoment(
                now: moment.now + .seconds(12), wallTime: moment.wallTime + .seconds(12), finding: moment.finding)
            var copy = machine
            var step = copy.answered(PassLeaseTests.nothing(of: statement), late)
            for _ in 0..<20 {
                while step == .act { step = copy.next(late) }
                guard case .ask(let next) = step else { break }
                #expect(!next.moves, "\(next.kind) follows \(statement.kind)")
                switch next {
                case .acquireLease(let holder, _):
                    step = copy.answered(.lease(.held(Lease(holder: holder, epoch: 1_000), isNew: true)), late)
                case .record: step = copy.answered(.recorded, late)
                case .announce: step = copy.answered(.balancers([]), late)
                case .history: step = copy.answered(.history(events: [], moves: []), late)
                case .prepareSchema, .releaseLease, .poll, .assignments, .jobs, .openMoves, .speak, .endPause, .forget,
                    .returnHome, .move, .rebalance, .finishJob, .events:
                    Issue.record("\(next.kind) after \(statement.kind)")
                }
            }
        }
        #expect(try await walk.live())
        #expect(checked == [.move, .returnHome, .rebalance, .forget])
    }

    /// No monitor was where the plan saw it.
    private static func nothing(of statement: PassStatement) -> PassAnswer {
        switch statement {
        case .returnHome: .returned([])
        case .rebalance: .rebalanced(.moved([]))
        case .forget: .forgotten
        case .prepareSchema, .acquireLease, .releaseLease, .poll, .assignments, .jobs, .openMoves, .speak, .record,
            .endPause, .move, .finishJob, .announce, .history, .events:
            .moved([])
        }
    }

    @Test("the lease is given back once, and whether that arrives or not the pass is at rest")
    func finish() async throws {
        let walk = try await PassWalk()
        #expect(walk.machine.finish(walk.moment) == .rest(.zero), "nobody leads yet")
        await walk.pass()
        let lease = try #require(walk.cluster.tables.leaseSight?.lease)
        var (answered, refused) = (walk.machine, walk.machine)
        #expect(answered.finish(walk.moment) == .ask(.releaseLease(lease)))
        #expect(answered.answered(.released, walk.moment) == .rest(.zero))
        #expect(refused.finish(walk.moment) == .ask(.releaseLease(lease)))
        #expect(refused.failed(.unavailable(reason: "away"), walk.moment) == .rest(.zero))
        #expect(refused.finish(walk.moment) == .rest(.zero), "it is given back once")
    }

    @Test("a pass that is begun while one is under way begins from the tables")
    func begunTwice() async throws {
        let walk = try await PassWalk()
        await walk.pass()
        #expect(walk.machine.begin(walk.moment) == .ask(.poll))
        await walk.cluster.run(for: .seconds(1))
        await walk.pass()
        #expect(walk.asked.last?.kind != .poll)
    }
}

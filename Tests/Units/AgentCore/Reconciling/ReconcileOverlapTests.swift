import ClusterCore
import RepeatableRandom
import Testing

@testable import AgentCore

/// What decides when Kuma is called.
protocol CallPlanner {
    mutating func next(
        assigned: Set<MonitorID>, readAt: ContinuousClock.Instant?, now: ContinuousClock.Instant, wallTime: Duration
    ) -> ReconcilePlanner.Action
    mutating func finished(_ outcome: ReconcileOutcome, now: ContinuousClock.Instant)
}

extension ReconcilePlanner: CallPlanner {}

/// Takes the last list seen for what Kuma has read, as this product once did.
private struct CredulousPlanner: CallPlanner {
    private var known: Set<MonitorID>?
    private var called: Set<MonitorID> = []
    private let readings = KumaReadings()

    mutating func next(
        assigned: Set<MonitorID>, readAt: ContinuousClock.Instant?, now: ContinuousClock.Instant, wallTime: Duration
    ) -> ReconcilePlanner.Action {
        let phase = readings.phase(of: wallTime)
        guard let known else {
            self.known = assigned
            return .nothing
        }
        guard known != assigned, phase >= readings.quietUntil else { return .nothing }
        let starts = assigned.subtracting(known).count
        guard !readings.leaves(starts: starts, at: phase) else {
            self.known = assigned
            return .nothing
        }
        called = assigned
        return .trigger(timeout: KumaReadings.span(starts: starts) + .seconds(10))
    }

    mutating func finished(_ outcome: ReconcileOutcome, now: ContinuousClock.Instant) { known = called }
}

/// A planner before a Kuma, with people who meddle, a database that answers late and calls that get lost.
private struct CallWorld<Planner: CallPlanner> {
    enum People: CaseIterable {
        /// `active` of a third of the monitors flips every 2 s.
        case flipAThird
        /// One monitor or two, every second or so.
        case meddle
        /// Up to 30 come or go at once.
        case moveMany
        case everything
    }

    private struct Call {
        let number: Int
        let arrivesAt: Duration
        let deadline: Duration
        var answersAt: Duration?
        var isAnswerLost: Bool
    }

    /// More that come in the milliseconds between an agent's pass and Kuma's nobody could see; the pause before second 00
    /// has room for 33.
    private static var most: Int { 30 }
    private static var step: Duration { .milliseconds(50) }
    private static var rest: Duration { .seconds(150) }

    private let origin = ContinuousClock.now
    private let people: People
    private let count: Int
    private var random: SeededRandom
    private var planner: Planner
    private var kuma: ModelKuma
    private var assigned: Set<MonitorID>
    private var now: Duration = .seconds(12)
    private var nextAct: Duration = .zero
    private var nextFlip: Duration = .zero
    private var nextOwn: Duration = .seconds(60)
    private var nextPass: Duration = .zero
    private var pass: (list: Set<MonitorID>, beganAt: Duration, endsAt: Duration)?
    private var call: Call?
    private(set) var calls = 0

    init(_ planner: Planner, seed: UInt64, people: People) {
        self.planner = planner
        self.people = people
        random = SeededRandom(seed: seed)
        count = random.number(5...170)
        assigned = Set((0..<Int64(count)).map { MonitorID($0) })
        kuma = ModelKuma(running: assigned)
        nextFlip = now + random.span(.zero ... .seconds(4))
    }

    /// - Returns: monitors started twice, and whether the right ones run after a rest.
    mutating func live(for span: Duration) -> (doubles: Int, isRight: Bool) {
        let end = now + span
        while now < end + CallWorld.rest {
            if now < end { meddle() }
            advanceKuma()
            advanceAgent()
            now += CallWorld.step
        }
        return (kuma.doubles, kuma.running == assigned)
    }

    private mutating func meddle() {
        switch people {
        case .flipAThird: flipAThird()
        case .meddle: act(upTo: 2)
        case .moveMany: act(upTo: CallWorld.most)
        case .everything:
            flipAThird()
            act(upTo: CallWorld.most)
        }
    }

    private mutating func flipAThird() {
        guard now >= nextFlip else { return }
        nextFlip = now + .seconds(2)
        for number in stride(from: 0, to: Int64(count), by: 3) { flip(MonitorID(number)) }
    }

    private mutating func act(upTo most: Int) {
        guard now >= nextAct else { return }
        nextAct = now + random.span(.milliseconds(200) ... .seconds(8))
        for _ in 0..<random.number(1...min(most, count)) { flip(MonitorID(Int64(random.index(below: count)))) }
    }

    private mutating func flip(_ monitor: MonitorID) {
        if assigned.remove(monitor) == nil { assigned.insert(monitor) }
    }

    private mutating func advanceKuma() {
        if now >= nextOwn {
            kuma.read(assigned, call: nil, at: now)
            let minute = Int64((now / .seconds(60)).rounded(.down)) + 1
            nextOwn = .seconds(minute * 60) + random.span(.zero ... .milliseconds(1_200))
        }
        if let waiting = call, waiting.arrivesAt <= now, waiting.arrivesAt > now - CallWorld.step {
            kuma.read(assigned, call: waiting.number, at: now)
        }
        for ended in kuma.advance(to: now, &random) where call?.number == ended {
            call?.answersAt = now + random.span(.milliseconds(1) ... .milliseconds(50))
        }
    }

    private mutating func advanceAgent() {
        let instant = origin + now
        if let waiting = call {
            if let at = waiting.answersAt, at <= now, !waiting.isAnswerLost {
                planner.finished(.done, now: instant)
            } else if now >= waiting.deadline {
                planner.finished(.unknown(detail: "no answer"), now: instant)
            } else {
                return
            }
            call = nil
        }
        if pass == nil, now >= nextPass {
            pass = (assigned, now, now + random.span(.milliseconds(1) ... .milliseconds(80)))
        }
        guard let seen = pass, now >= seen.endsAt else { return }
        pass = nil
        nextPass = now + random.span(.milliseconds(600) ... .milliseconds(1_400))
        let action = planner.next(
            assigned: seen.list, readAt: origin + seen.beganAt, now: instant, wallTime: .seconds(1_800_000_000) + now)
        guard case .trigger(let timeout) = action else { return }
        calls += 1
        call = Call(
            number: calls, arrivesAt: now + random.span(.milliseconds(2) ... .milliseconds(250)),
            deadline: now + timeout, answersAt: nil, isAnswerLost: random.chance(0.03))
    }
}

@Suite("Two readings never meet, whatever people do and however late everybody is")
struct ReconcileOverlapTests {
    private static let seeds: ClosedRange<UInt64> = 1...12

    @Test("no monitor is started twice, and after a rest the right ones run", arguments: seeds)
    func neverTwice(seed: UInt64) {
        var calls = 0
        for people in CallWorld<ReconcilePlanner>.People.allCases {
            var world = CallWorld(ReconcilePlanner(), seed: seed, people: people)
            let (doubles, isRight) = world.live(for: .seconds(600))
            #expect(doubles == 0, "seed \(seed), \(people)")
            #expect(isRight, "seed \(seed), \(people)")
            calls += world.calls
        }
        #expect(calls > 0, "what calls nobody meets nothing")
    }

    @Test("whoever takes the last list for what Kuma read is caught")
    func credulous() {
        let doubles = ReconcileOverlapTests.seeds.map { seed in
            var world = CallWorld(CredulousPlanner(), seed: seed, people: .flipAThird)
            return world.live(for: .seconds(600)).doubles
        }
        #expect(doubles.contains { $0 > 0 })
    }
}

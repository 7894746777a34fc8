import ClusterCore
import RepeatableRandom
import Testing

@testable import AgentCore

/// A person assigns monitors of one node to another: two agents that look at different moments, each beside its Kuma.
private struct Reassignment {
    /// One agent and its Kuma.
    private struct Side {
        var planner: ReconcilePlanner
        var kuma: ModelKuma
        var nextPass: Duration
        var isCalling = false
    }

    private static let step: Duration = .milliseconds(50)
    private static let origin = ContinuousClock.now

    private let monitors: Set<MonitorID>
    private var source: Side
    private var receiver: Side
    private var random: SeededRandom

    private let passPause: Duration

    init(count: Int, seed: UInt64, passPause: Duration = .seconds(1)) {
        random = SeededRandom(seed: seed)
        monitors = Set((0..<Int64(count)).map { MonitorID($0) })
        let planner = ReconcilePlanner(passPause: passPause)
        source = Side(planner: planner, kuma: ModelKuma(running: monitors), nextPass: .zero)
        receiver = Side(planner: planner, kuma: ModelKuma(running: []), nextPass: .zero)
        self.passPause = passPause
    }

    /// - Parameter second: when it happens, of the second minute.
    /// - Returns: how long nobody ran a monitor, and how long both ran one, at most.
    mutating func play(at second: Double) -> (gap: Duration, overlap: Duration) {
        let moment: Duration = .seconds(60) + .milliseconds(Int64(second * 1_000))
        // Both agents have looked a few times before.
        var now = moment - .seconds(5)
        (source.nextPass, receiver.nextPass) = (now, now + random.span(.zero...passPause))
        var unwatched: [MonitorID: Int] = [:]
        var doubled: [MonitorID: Int] = [:]
        while now < moment + .seconds(130), !isDone {
            let hasMoved = now >= moment
            advance(&source, assigned: hasMoved ? [] : monitors, at: now, &random)
            advance(&receiver, assigned: hasMoved ? monitors : [], at: now, &random)
            for monitor in monitors.subtracting(source.kuma.running).subtracting(receiver.kuma.running) {
                unwatched[monitor, default: 0] += 1
            }
            for monitor in source.kuma.running.intersection(receiver.kuma.running) { doubled[monitor, default: 0] += 1 }
            now += Reassignment.step
        }
        #expect(isDone)
        #expect(source.kuma.doubles + receiver.kuma.doubles == 0)
        return (
            Reassignment.step * (unwatched.values.max() ?? 0), Reassignment.step * (doubled.values.max() ?? 0)
        )
    }

    private var isDone: Bool { source.kuma.running.isEmpty && receiver.kuma.running.count == monitors.count }

    private func advance(
        _ side: inout Side, assigned: Set<MonitorID>, at now: Duration, _ random: inout SeededRandom
    ) {
        let instant = Reassignment.origin + now
        if now > .zero, now - .seconds(60) * Int64(now / .seconds(60)) < Reassignment.step {
            side.kuma.read(assigned, call: nil, at: now)
        }
        if !side.kuma.advance(to: now, &random).isEmpty {
            side.planner.finished(.done, now: instant)
            side.isCalling = false
        }
        guard !side.isCalling, now >= side.nextPass else { return }
        side.nextPass = now + random.span(passPause * 0.9...passPause * 1.1)
        let action = side.planner.next(
            assigned: assigned, readAt: instant, now: instant, wallTime: .seconds(1_800_000_000) + now)
        guard case .trigger = action else { return }
        side.isCalling = true
        side.kuma.read(assigned, call: 1, at: now)
    }
}

@Suite("Monitors that left go on until another node may have started them")
struct RemovalHoldTests {
    @Test(
        "of up to 16 that a person assigns to another node none is unwatched for longer than 5 s, at whatever second",
        arguments: [1, 4, 16])
    func fewAtAnySecond(count: Int) {
        for second in stride(from: 0.0, to: 60, by: 0.7) {
            var world = Reassignment(count: count, seed: UInt64(second * 10) + 1)
            let (gap, overlap) = world.play(at: second)
            #expect(gap <= .seconds(5), "at second \(second)")
            #expect(overlap <= .seconds(25), "at second \(second)")
        }
    }

    /// `AGENT_INTERVAL` 5 s, the longest.
    @Test("nor where two agents look rarely", arguments: [1, 4, 16])
    func rarePasses(count: Int) {
        for second in stride(from: 0.0, to: 60, by: 0.1) {
            var world = Reassignment(count: count, seed: UInt64(second * 10) + 1, passPause: .milliseconds(3_750))
            #expect(world.play(at: second).gap <= .seconds(5), "at second \(second)")
        }
    }

    /// Kuma's own reading stops one after the other in 50 to 150 ms each, and starts in 100 to 300.
    @Test(
        "of more it is no longer than where two Kumas do it by themselves at second 00", arguments: [50, 170],
        [1.0, 8, 20, 33, 55])
    func many(count: Int, second: Double) {
        var world = Reassignment(count: count, seed: 7)
        #expect(world.play(at: second).gap <= KumaReadings.perStart * count - .milliseconds(50) * count)
    }

    private let readings = KumaReadings()
    private let minute = ContinuousClock.now

    private func hold(_ count: Int, at second: Double, lastSeen: Double) -> RemovalHold {
        var hold = RemovalHold(passPause: .seconds(1))
        pass(&hold, 0, at: lastSeen)
        pass(&hold, count, at: second)
        return hold
    }

    private func pass(_ hold: inout RemovalHold, _ count: Int, at second: Double) {
        let leavers = Set((0..<Int64(count)).map { MonitorID($0) })
        hold.observe(leavers, now: minute + .seconds(second), phase: .seconds(second), readings)
    }

    @Test(
        "what one other node starts within 5 s is stopped at once; of more, the time goes by that the rest takes",
        arguments: [(1, 20.0, 20.0), (16, 20, 20), (50, 20, 30), (1, 2, 5), (50, 2, 28)])
    func early(count: Int, second: Double, end: Double) {
        let hold = hold(count, at: second, lastSeen: second - 1)
        #expect(hold.isOver(now: minute + .seconds(end)))
        #expect(end == second || !hold.isOver(now: minute + .seconds(end - 0.1)))
    }

    @Test(
        "what no agent would start before second 50 is left to Kuma's own reading, with 2 s for passes and clocks",
        arguments: [(1, 46.0, true), (1, 46.8, false), (16, 42, true), (16, 42.5, false), (170, 6, false)])
    func late(count: Int, second: Double, isEarly: Bool) {
        let hold = hold(count, at: second, lastSeen: second - 1)
        #expect(hold.isOver(now: minute + .seconds(59.9)) == isEarly)
        #expect(hold.isOver(now: minute + .seconds(65 + max(0, Double(count) * 0.3 - 5))))
    }

    @Test("what left while nobody looked may run elsewhere: it is stopped at once")
    func outOfSight() {
        #expect(hold(170, at: 30, lastSeen: 24).isOver(now: minute + .seconds(30)))
        var lost = RemovalHold(passPause: .seconds(1))
        pass(&lost, 0, at: 29)
        lost.lostSight()
        pass(&lost, 170, at: 30)
        #expect(lost.isOver(now: minute + .seconds(30)))
    }

    @Test("what comes back holds up nothing")
    func back() {
        var hold = hold(100, at: 30, lastSeen: 29)
        #expect(!hold.isOver(now: minute + .seconds(31)))
        pass(&hold, 0, at: 31)
        #expect(hold.isOver(now: minute + .seconds(31)))
    }
}

import ClusterCore
import Testing

@testable import AgentCore

@Suite("When Kuma is asked to re-read its monitors")
struct ReconcilePlannerTests {
    /// A planner that looks at the database at seconds of one minute; 60 is the next one's second 00.
    private struct Watch {
        let minute = ContinuousClock.now
        var planner = ReconcilePlanner()

        func instant(_ second: Double) -> ContinuousClock.Instant { minute + .seconds(second) }

        mutating func pass(_ count: Int, at second: Double) -> ReconcilePlanner.Action {
            pass(Watch.monitors(0..<count), at: second)
        }

        mutating func pass(
            _ monitors: Set<MonitorID>, at second: Double, reading: Reading = .made
        ) -> ReconcilePlanner.Action {
            let now = instant(second)
            return planner.next(
                assigned: monitors, readAt: reading == .made ? now : nil, now: now,
                wallTime: .seconds(1_800_000_000) + .seconds(second))
        }

        mutating func finish(_ outcome: ReconcileOutcome, at second: Double) {
            planner.finished(outcome, now: instant(second))
        }

        func isQuiet(at second: Double) -> Bool {
            planner.isQuiet(now: instant(second), wallTime: .seconds(1_800_000_000) + .seconds(second))
        }

        enum Reading { case made, spared }

        static func monitors(_ ids: Range<Int>) -> Set<MonitorID> { Set(ids.map { MonitorID(Int64($0)) }) }
    }

    /// Whether Kuma is called.
    private func calls(_ action: ReconcilePlanner.Action) -> Bool {
        switch action {
        case .trigger: true
        case .nothing, .read: false
        }
    }

    /// Knows of `count` monitors, by a pass at second 10.
    private func knowing(_ count: Int) -> Watch {
        var watch = Watch()
        #expect(watch.pass(count, at: 10) == .nothing)
        return watch
    }

    @Test("the first list is what the node read itself")
    func first() {
        var watch = knowing(10)
        #expect(watch.pass(10, at: 20) == .nothing)
    }

    @Test("a change is called once, with time for each monitor that starts or stops")
    func once() {
        var watch = knowing(0)
        #expect(watch.pass(10, at: 20) == .trigger(timeout: .seconds(14)))
        #expect(watch.pass(11, at: 21) == .nothing)
        watch.finish(.done, at: 23)
        #expect(watch.pass(10, at: 24) == .nothing)
        #expect(watch.pass(0, at: 25) == .trigger(timeout: .milliseconds(12_500)))
    }

    @Test("a change during a call is called after it")
    func during() {
        var watch = knowing(0)
        #expect(calls(watch.pass(1, at: 20)))
        watch.finish(.done, at: 20.3)
        #expect(calls(watch.pass(2, at: 21)))
    }

    @Test("between second 50 and 59 Kuma's own reading does it", arguments: [50.0, 59])
    func beforeTheMinute(second: Double) {
        var watch = knowing(0)
        #expect(watch.pass(1, at: second) == .nothing)
        for later in stride(from: second + 1, to: 90, by: 1) { #expect(watch.pass(1, at: later) == .nothing) }
    }

    @Test("between second 00 and 04 the call waits for second 05")
    func afterTheMinute() {
        var watch = knowing(0)
        #expect(watch.pass(0, at: 62) == .nothing)
        #expect(watch.pass(1, at: 63) == .nothing)
        #expect(watch.pass(1, at: 64.9) == .nothing)
        #expect(calls(watch.pass(1, at: 65)))
    }

    @Test("what Kuma's own reading may have found is being started: nothing meets that")
    func longReading() {
        var watch = knowing(0)
        #expect(watch.pass(0, at: 59.5) == .nothing)
        // 20 starts after second 02: 9 s.
        for second in [63.0, 66, 68.9] { #expect(watch.pass(20, at: second) == .nothing) }
        #expect(calls(watch.pass(20, at: 69.1)))
    }

    @Test("what its own reading cannot have missed needs no call")
    func settledByItself() {
        var watch = knowing(0)
        #expect(watch.pass(40, at: 55) == .nothing)
        for second in stride(from: 56.0, to: 100, by: 1) { #expect(watch.pass(40, at: second) == .nothing) }
        #expect(calls(watch.pass(41, at: 100)))
    }

    @Test("a call that would run into second 50 is left to Kuma's own reading, which must end before the next call")
    func tooLong() {
        var watch = knowing(0)
        // 100 starts: 31 s from second 30.
        #expect(watch.pass(100, at: 30) == .nothing)
        #expect(watch.pass(100, at: 63) == .nothing)
        // 33 s from second 00 on.
        #expect(watch.pass(101, at: 80) == .nothing)
        #expect(calls(watch.pass(101, at: 94)))
    }

    @Test("a reading that lasts into the next minute may make Kuma miss that one's: what is left of it is called for")
    func missedReading() {
        var watch = knowing(0)
        for second in [20.0, 59.5, 63] { #expect(watch.pass(500, at: second) == .nothing) }
        // It starts 500 until second 213 at most; 16 of them leave at second 115.
        let rest = Watch.monitors(16..<500)
        for second in [115.0, 119, 123, 150, 183, 212] { #expect(watch.pass(rest, at: second) == .nothing) }
        #expect(calls(watch.pass(rest, at: 213.5)))
        watch.finish(.done, at: 214)
        #expect(watch.pass(rest, at: 215) == .nothing)
    }

    @Test("a reading that Kuma may have missed, or made since it was done earlier, is met by no call")
    func readingDoneEarly() {
        var watch = knowing(0)
        for second in [30.0, 59.5, 63] { #expect(watch.pass(200, at: second) == .nothing) }
        // Done by second 123 at the latest, and as likely by 100: then it starts 60 more from 120 on, until 140.
        for second in [100.0, 119, 123.5, 125, 139] { #expect(watch.pass(260, at: second) == .nothing) }
        #expect(!watch.isQuiet(at: 139))
        #expect(calls(watch.pass(260, at: 141)), "and if it missed them, they are called for")
    }

    @Test("what leaves while its own reading is under way goes on until another node may have started it")
    func leavesWithinReading() {
        var watch = knowing(40)
        #expect(watch.pass(40, at: 59.5) == .nothing)
        for second in [61.0, 63, 70, 80, 81.5] { #expect(watch.pass(0, at: second) == .nothing) }
        #expect(calls(watch.pass(0, at: 82.5)))
    }

    @Test("monitors that come and go count as starts until a reading has met them at rest")
    func flipping() {
        var watch = knowing(170)
        let rest = Watch.monitors(57..<170)
        #expect(calls(watch.pass(rest, at: 20)))
        watch.finish(.done, at: 29)
        // They came back meanwhile: whether Kuma read them nobody knows. One more goes; that call may start 57.
        #expect(watch.pass(170, at: 30) == .trigger(timeout: .seconds(11) + .milliseconds(17_100)))
        watch.finish(.done, at: 44)
        #expect(watch.pass(rest, at: 45) == .nothing, "a removal alone, and yet Kuma may have to start 57")
        #expect(watch.pass(170, at: 59.5) == .nothing)
        #expect(watch.pass(170, at: 63) == .nothing)
        #expect(watch.pass(rest, at: 66) == .nothing, "its own reading may be starting them")
    }

    @Test("a call is made on a list of this moment only")
    func sparedReading() {
        var watch = knowing(0)
        #expect(watch.pass(1, at: 49.5) == .nothing)
        #expect(watch.pass(1, at: 63) == .nothing)
        #expect(watch.pass(2, at: 64) == .nothing)
        #expect(watch.pass(Watch.monitors(0..<2), at: 66, reading: .spared) == .read)
        #expect(calls(watch.pass(2, at: 66.1)))
    }

    @Test("a call that may have arrived is not repeated, and nothing meets it before Kuma's own reading is over")
    func unknown() {
        var watch = knowing(0)
        #expect(calls(watch.pass(10, at: 20)))
        watch.finish(.unknown(detail: "timed out"), at: 34)
        #expect(watch.pass(10, at: 35) == .nothing)
        #expect(watch.pass(11, at: 40) == .nothing)
        #expect(watch.pass(11, at: 59) == .nothing)
        #expect(watch.pass(11, at: 63) == .nothing)
        #expect(watch.pass(12, at: 64) == .nothing)
        #expect(calls(watch.pass(12, at: 80)))
    }

    @Test("the call of an agent that spoke before may still run: nothing meets it before Kuma's own reading is over")
    func predecessor() {
        var watch = Watch()
        watch.planner.tookOver()
        #expect(watch.pass(30, at: 20) == .nothing)
        #expect(watch.pass(31, at: 25) == .nothing)
        #expect(watch.pass(31, at: 63) == .nothing)
        // It may be starting every monitor of the node.
        #expect(watch.pass(32, at: 72) == .nothing)
        #expect(calls(watch.pass(32, at: 78)))
    }

    @Test("a node that was out of sight may have read at its start what was still to be called")
    func outOfSight() {
        var watch = knowing(10)
        watch.planner.lostSight(now: watch.instant(20))
        #expect(watch.pass(10, at: 25) == .nothing)
        watch.planner.lostSight(now: watch.instant(26))
        #expect(calls(watch.pass(11, at: 30)))
        watch.finish(.done, at: 31)
        #expect(watch.pass(11, at: 32) == .nothing)
    }

    @Test("a call that never reached the node is made again")
    func notSent() {
        var watch = knowing(0)
        #expect(calls(watch.pass(1, at: 20)))
        watch.finish(.notSent(detail: "refused"), at: 20)
        #expect(calls(watch.pass(1, at: 21)))
    }

    @Test("a refused call is not repeated before Kuma's own reading has done it")
    func refused() {
        var watch = knowing(0)
        #expect(calls(watch.pass(1, at: 20)))
        watch.finish(.refused(detail: "answered 401"), at: 20)
        for second in stride(from: 21.0, to: 100, by: 1) { #expect(watch.pass(1, at: second) == .nothing) }
    }

    @Test("a suspected stray is called for once, though the list is the same")
    func stray() {
        var watch = knowing(3)
        watch.planner.suspectStray()
        #expect(calls(watch.pass(3, at: 21)))
        watch.finish(.done, at: 21.2)
        #expect(watch.pass(3, at: 22) == .nothing)
    }

    @Test("a stray is left to Kuma's own reading at the end of a minute, and called for again when a call was not sent")
    func strayLater() {
        var late = knowing(3)
        late.planner.suspectStray()
        for second in stride(from: 55.0, to: 90, by: 1) { #expect(late.pass(3, at: second) == .nothing) }

        var unsent = knowing(3)
        unsent.planner.suspectStray()
        #expect(calls(unsent.pass(3, at: 21)))
        unsent.finish(.notSent(detail: "refused"), at: 21)
        #expect(calls(unsent.pass(3, at: 22)))
    }

    @Test(
        "one monitor is started anew only while no reading can be under way",
        arguments: [(11.0, true), (56, true), (57.5, false), (61, false)])
    func quiet(second: Double, isQuiet: Bool) {
        let watch = knowing(3)
        #expect(watch.isQuiet(at: second) == isQuiet)
    }

    @Test("nor while a call runs, or may run, or Kuma may be starting what its own reading found")
    func quietAfterCalls() {
        var watch = knowing(3)
        #expect(calls(watch.pass(4, at: 20)))
        #expect(!watch.isQuiet(at: 20))
        watch.finish(.unknown(detail: "timed out"), at: 32)
        #expect(!watch.isQuiet(at: 50))
        #expect(watch.pass(24, at: 61) == .nothing)
        #expect(watch.pass(24, at: 63) == .nothing)
        #expect(!watch.isQuiet(at: 69))
        #expect(watch.isQuiet(at: 72))
    }
}

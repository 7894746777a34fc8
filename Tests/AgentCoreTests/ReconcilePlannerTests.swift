import ClusterCore
import Testing

@testable import AgentCore

@Suite("When Kuma is asked to re-read its monitors")
struct ReconcilePlannerTests {
    private let start = ContinuousClock.now

    private func monitors(_ count: Int) -> Set<MonitorID> { Set((0..<count).map { MonitorID(Int64($0)) }) }

    /// A planner that knows of `count` monitors.
    private func planner(knowing count: Int) -> ReconcilePlanner {
        var planner = ReconcilePlanner()
        #expect(planner.next(assigned: monitors(count), readAt: start, now: start, secondOfMinute: 20) == .nothing)
        return planner
    }

    @Test("the first list is what the node read itself")
    func first() {
        var planner = planner(knowing: 10)
        #expect(planner.next(assigned: monitors(10), readAt: start, now: start, secondOfMinute: 20) == .nothing)
    }

    @Test("a change is called once, with time for each monitor that starts")
    func once() {
        var planner = planner(knowing: 0)
        let action = planner.next(assigned: monitors(10), readAt: start, now: start, secondOfMinute: 20)
        #expect(action == .trigger(timeout: .seconds(14)))
        #expect(planner.next(assigned: monitors(11), readAt: start, now: start, secondOfMinute: 21) == .nothing)
        planner.finished(.done, now: start + .seconds(3))
        #expect(
            planner.next(
                assigned: monitors(10), readAt: start + .seconds(4), now: start + .seconds(4), secondOfMinute: 24)
                == .nothing)
    }

    @Test("a monitor that left is a change too")
    func removal() {
        var planner = planner(knowing: 3)
        #expect(planner.next(assigned: monitors(2), readAt: start, now: start, secondOfMinute: 20) != .nothing)
    }

    @Test("a change during a call is called after it")
    func during() {
        var planner = planner(knowing: 0)
        _ = planner.next(assigned: monitors(1), readAt: start, now: start, secondOfMinute: 20)
        planner.finished(.done, now: start)
        #expect(planner.next(assigned: monitors(2), readAt: start, now: start, secondOfMinute: 21) != .nothing)
    }

    @Test("between second 50 and 59 Kuma's own run does it", arguments: [50, 59])
    func beforeTheMinute(second: Int) {
        var planner = planner(knowing: 0)
        #expect(planner.next(assigned: monitors(1), readAt: start, now: start, secondOfMinute: second) == .nothing)
        let after = start + .seconds(60 - second + 20)
        #expect(planner.next(assigned: monitors(1), readAt: after, now: after, secondOfMinute: 20) == .nothing)
    }

    @Test("between second 00 and 04 the call waits for second 05", arguments: [0, 4])
    func afterTheMinute(second: Int) {
        var planner = planner(knowing: 0)
        #expect(planner.next(assigned: monitors(1), readAt: start, now: start, secondOfMinute: second) == .nothing)
        let five = start + .seconds(5 - second)
        #expect(planner.next(assigned: monitors(1), readAt: five, now: five, secondOfMinute: 5) != .nothing)
    }

    @Test("Kuma's own run may have read a change that is first seen after second 00, and be at work on it for longer")
    func longRun() {
        var planner = planner(knowing: 0)
        let minute = start + .seconds(40)
        // 20 starts: 7 s from second 00.
        #expect(
            planner.next(
                assigned: monitors(20), readAt: minute + .seconds(3), now: minute + .seconds(3), secondOfMinute: 3)
                == .nothing)
        #expect(
            planner.next(
                assigned: monitors(20), readAt: minute + .seconds(6), now: minute + .seconds(6), secondOfMinute: 6)
                == .nothing)
        #expect(
            planner.next(
                assigned: monitors(20), readAt: minute + .seconds(7), now: minute + .seconds(7), secondOfMinute: 7)
                != .nothing)
    }

    @Test("a change after a look that Kuma's run of the minute cannot have missed is called at once")
    func afterTheRun() {
        var planner = planner(knowing: 0)
        let minute = start + .seconds(40)
        #expect(
            planner.next(
                assigned: monitors(0), readAt: minute + .seconds(2), now: minute + .seconds(2), secondOfMinute: 2)
                == .nothing)
        #expect(
            planner.next(
                assigned: monitors(20), readAt: minute + .seconds(5), now: minute + .seconds(5), secondOfMinute: 5)
                != .nothing)
    }

    @Test("a call that would run into second 50 is left to Kuma's own run, which must end before the next call")
    func tooLong() {
        var planner = planner(knowing: 0)
        // 100 starts: 31 s from second 30.
        #expect(planner.next(assigned: monitors(100), readAt: start, now: start, secondOfMinute: 30) == .nothing)
        // Kuma's run begins in 30 s and takes up to 31 s: a change 10 s into it waits.
        let during = start + .seconds(40)
        #expect(planner.next(assigned: monitors(101), readAt: during, now: during, secondOfMinute: 10) == .nothing)
        let after = start + .seconds(30 + 31 + 6)
        #expect(planner.next(assigned: monitors(101), readAt: after, now: after, secondOfMinute: 7) != .nothing)
    }

    @Test("what is left to Kuma's run adds up, and a change that it may have found is behind all of that")
    func waves() {
        var planner = planner(knowing: 0)
        let minute = start + .seconds(8)
        func next(_ count: Int, at second: Int) -> ReconcilePlanner.Action {
            let now = minute + .seconds(second)
            return planner.next(assigned: monitors(count), readAt: now, now: now, secondOfMinute: (second + 60) % 60)
        }
        #expect(next(50, at: -8) == .nothing)
        #expect(next(115, at: -3) == .nothing)
        // 115 starts take up to 35.5 s.
        #expect(next(116, at: 30) == .nothing)
        #expect(next(116, at: 41) != .nothing)
    }

    @Test("a look that spared the reading says nothing of when the list was as it was")
    func sparedReading() {
        var planner = planner(knowing: 0)
        let minute = start + .seconds(40)
        #expect(
            planner.next(assigned: monitors(0), readAt: nil, now: minute + .seconds(3), secondOfMinute: 3) == .nothing)
        let five = minute + .seconds(5)
        #expect(planner.next(assigned: monitors(20), readAt: five, now: five, secondOfMinute: 5) == .nothing)
    }

    @Test("a call that may have arrived is not repeated, and nothing meets it")
    func unknown() {
        var planner = planner(knowing: 0)
        _ = planner.next(assigned: monitors(10), readAt: start, now: start, secondOfMinute: 20)
        planner.finished(.unknown(detail: "timed out"), now: start)
        #expect(
            planner.next(
                assigned: monitors(10), readAt: start + .seconds(2), now: start + .seconds(2), secondOfMinute: 22)
                == .nothing)
        #expect(
            planner.next(
                assigned: monitors(11), readAt: start + .seconds(2), now: start + .seconds(2), secondOfMinute: 22)
                == .nothing)
        #expect(
            planner.next(
                assigned: monitors(11), readAt: start + .seconds(14), now: start + .seconds(14), secondOfMinute: 34)
                != .nothing)
    }

    @Test("the call of an agent that spoke before may still run: nothing meets it before Kuma's own run is over")
    func predecessor() {
        var planner = ReconcilePlanner()
        planner.tookOver(now: start, secondOfMinute: 20)
        _ = planner.next(assigned: monitors(0), readAt: start, now: start, secondOfMinute: 20)
        #expect(
            planner.next(
                assigned: monitors(1), readAt: start + .seconds(5), now: start + .seconds(5), secondOfMinute: 25)
                == .nothing)
        #expect(
            planner.next(
                assigned: monitors(1), readAt: start + .seconds(44), now: start + .seconds(44), secondOfMinute: 4)
                == .nothing)
        #expect(
            planner.next(
                assigned: monitors(1), readAt: start + .seconds(45), now: start + .seconds(45), secondOfMinute: 5)
                != .nothing)
    }

    @Test("nobody knows what the first run after a predecessor starts: it may be every monitor of the node")
    func predecessorOfMany() {
        var planner = ReconcilePlanner()
        planner.tookOver(now: start, secondOfMinute: 20)
        #expect(planner.next(assigned: monitors(30), readAt: start, now: start, secondOfMinute: 20) == .nothing)
        #expect(
            planner.next(
                assigned: monitors(31), readAt: start + .seconds(49), now: start + .seconds(49), secondOfMinute: 9)
                == .nothing)
        #expect(
            planner.next(
                assigned: monitors(31), readAt: start + .seconds(50), now: start + .seconds(50), secondOfMinute: 10)
                != .nothing)
    }

    @Test("a call that never reached the node is made again")
    func notSent() {
        var planner = planner(knowing: 0)
        _ = planner.next(assigned: monitors(1), readAt: start, now: start, secondOfMinute: 20)
        planner.finished(.notSent(detail: "refused"), now: start)
        #expect(planner.next(assigned: monitors(1), readAt: start, now: start, secondOfMinute: 21) != .nothing)
    }

    @Test("a refused call is not repeated for the same change")
    func refused() {
        var planner = planner(knowing: 0)
        _ = planner.next(assigned: monitors(1), readAt: start, now: start, secondOfMinute: 20)
        planner.finished(.refused(detail: "answered 401"), now: start)
        #expect(planner.next(assigned: monitors(1), readAt: start, now: start, secondOfMinute: 21) == .nothing)
    }

    @Test("a suspected stray is called for once, though the list is the same")
    func stray() {
        var planner = planner(knowing: 3)
        planner.suspectStray()
        let now = start + .seconds(1)
        #expect(planner.next(assigned: monitors(3), readAt: now, now: now, secondOfMinute: 21) != .nothing)
        planner.finished(.done, now: now)
        #expect(planner.next(assigned: monitors(3), readAt: now, now: now, secondOfMinute: 22) == .nothing)
    }

    @Test("a stray is left to Kuma's own run at the end of a minute, and called for again when the call was not sent")
    func strayLater() {
        var late = planner(knowing: 3)
        late.suspectStray()
        let now = start + .seconds(35)
        #expect(late.next(assigned: monitors(3), readAt: now, now: now, secondOfMinute: 55) == .nothing)
        let after = start + .seconds(60)
        #expect(late.next(assigned: monitors(3), readAt: after, now: after, secondOfMinute: 20) == .nothing)

        var unsent = planner(knowing: 3)
        unsent.suspectStray()
        #expect(unsent.next(assigned: monitors(3), readAt: start, now: start, secondOfMinute: 21) != .nothing)
        unsent.finished(.notSent(detail: "refused"), now: start)
        #expect(unsent.next(assigned: monitors(3), readAt: start, now: start, secondOfMinute: 22) != .nothing)
    }

    @Test(
        "one monitor is started anew only while no run can be under way",
        arguments: [(1, false), (2, true), (56, true), (57, false)])
    func quiet(second: Int, isQuiet: Bool) {
        var planner = planner(knowing: 3)
        #expect(planner.isQuiet(now: start, secondOfMinute: second) == isQuiet)
        _ = planner.next(assigned: monitors(4), readAt: start, now: start, secondOfMinute: 20)
        #expect(!planner.isQuiet(now: start, secondOfMinute: 20))
        planner.finished(.unknown(detail: "timed out"), now: start)
        #expect(!planner.isQuiet(now: start + .seconds(10), secondOfMinute: 30))
        #expect(planner.isQuiet(now: start + .seconds(11), secondOfMinute: 31))
    }
}

import ClusterCore
import StandInKuma
import Testing

@Suite("The monitors a stand-in node believes it runs")
struct MonitorRosterTests {
    private func task(_ id: Int64) -> MonitorTask {
        MonitorTask(id: MonitorID(id), url: "http://127.0.0.1/", interval: .seconds(1))
    }

    @Test("A first run starts every assigned monitor, in the order of their ids")
    func firstRun() {
        let plan = MonitorRoster().plan(for: [task(3), task(1), task(2)])
        #expect(plan == MonitorRoster.Plan(starts: [task(1), task(2), task(3)], stops: []))
    }

    @Test("A second run after the first has nothing to do")
    func secondRun() {
        var roster = MonitorRoster()
        for task in roster.plan(for: [task(1), task(2)]).starts { _ = roster.start(task.id) }
        #expect(roster.plan(for: [task(1), task(2)]) == MonitorRoster.Plan(starts: [], stops: []))
    }

    @Test("A monitor that is assigned elsewhere is stopped")
    func stops() {
        var roster = MonitorRoster()
        let first = roster.start(MonitorID(1))
        _ = roster.start(MonitorID(2))
        #expect(roster.plan(for: [task(2)]) == MonitorRoster.Plan(starts: [], stops: [MonitorID(1)]))
        #expect(roster.stop(MonitorID(1)) == first)
        #expect(roster.monitors == [MonitorID(2)])
    }

    @Test("Two runs that began before either started a monitor both start it, and the first loop is lost for good")
    func overlappingRuns() {
        var roster = MonitorRoster()
        let one = roster.plan(for: [task(1)])
        let other = roster.plan(for: [task(1)])
        #expect(one.starts == [task(1)])
        #expect(other.starts == [task(1)])
        let lost = roster.start(MonitorID(1))
        let known = roster.start(MonitorID(1))
        #expect(lost != known)
        #expect(roster.stop(MonitorID(1)) == known)
        #expect(roster.stop(MonitorID(1)) == nil)
    }

    @Test("An edited monitor is not restarted: only ids are compared")
    func edited() {
        var roster = MonitorRoster()
        _ = roster.start(MonitorID(1))
        let edited = MonitorTask(id: MonitorID(1), url: "http://elsewhere/", interval: .seconds(9))
        #expect(roster.plan(for: [edited]) == MonitorRoster.Plan(starts: [], stops: []))
    }
}

@Suite("When a node re-reads its assignments by itself")
struct MinuteScheduleTests {
    @Test(
        "It waits until the next second 00",
        arguments: [
            (Duration.seconds(1_700_000_001), Duration.seconds(39)),
            (.seconds(1_700_000_039), .seconds(1)),
            (.milliseconds(1_700_000_039_250), .milliseconds(750)),
        ])
    func waits(now: Duration, expected: Duration) {
        // 1 700 000 040 is the beginning of a minute.
        #expect(MinuteSchedule.untilNextMinute(sinceEpoch: now) == expected)
    }

    @Test("At second 00 itself it waits for the next one")
    func wholeMinute() {
        #expect(MinuteSchedule.untilNextMinute(sinceEpoch: .seconds(1_700_000_040)) == .seconds(60))
    }
}

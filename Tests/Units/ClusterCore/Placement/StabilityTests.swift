import ClusterCore
import Testing

@Suite("Flaps and stability")
struct StabilityTests {
    let start = ContinuousClock.now
    let limits = HealthJudge.Limits()

    @Test("the hold is plain after one outage, doubles with each further one, and shrinks as they are forgotten")
    func hold() throws {
        let node = try NodeID("a")
        var flaps = FlapHistory()
        flaps.observe([(node, .online)], now: start)
        for round in 0..<3 {
            let at = start + .seconds(60 * round)
            flaps.observe([(node, .offline)], now: at)
            flaps.observe([(node, .recovering)], now: at + .seconds(10))
            flaps.observe([(node, .online)], now: at + .seconds(12))
            #expect(flaps.flaps(of: node, now: at + .seconds(12)) == round + 1)
            #expect(flaps.hold(for: node, now: at + .seconds(12)) == .seconds(30 * (1 << round)))
        }
        #expect(flaps.hold(for: node, now: start + .seconds(601)) == .seconds(60))
        #expect(flaps.hold(for: node, now: start + .seconds(1000)) == .seconds(30))
    }

    @Test("the hold never exceeds the window")
    func longest() throws {
        let node = try NodeID("a")
        var flaps = FlapHistory()
        for second in 0..<100 {
            flaps.observe([(node, second % 2 == 0 ? .online : .offline)], now: start + .seconds(second))
        }
        #expect(flaps.hold(for: node, now: start + .seconds(100)) == .seconds(600))
    }

    private func record(age: Duration?, ok: Int = 9) throws -> NodeRecord {
        NodeRecord(id: try NodeID("a"), name: "a", okStreak: ok, statusAge: age)
    }

    @Test("at first sight the database's word counts; afterwards also what was seen")
    func watch() throws {
        var watch = StabilityWatch()
        let stable = try record(age: .seconds(40))
        watch.observe([(stable, .fit)], now: start)
        #expect(watch.isStable(stable, for: .seconds(30), limits: limits, now: start))
        #expect(!watch.isStable(stable, for: .seconds(60), limits: limits, now: start))
        // Maintenance leaves no trace in status_since.
        watch.observe([(stable, .lost(.maintenance))], now: start + .seconds(1))
        watch.observe([(stable, .fit)], now: start + .seconds(2))
        #expect(!watch.isStable(stable, for: .seconds(30), limits: limits, now: start + .seconds(20)))
        #expect(watch.isStable(stable, for: .seconds(30), limits: limits, now: start + .seconds(32)))
    }

    @Test("a young status, or too few good checks, is not stable")
    func young() throws {
        var watch = StabilityWatch()
        let young = try record(age: .seconds(5))
        watch.observe([(young, .fit)], now: start - .seconds(100))
        #expect(!watch.isStable(young, for: .seconds(30), limits: limits, now: start))
        let unproven = try record(age: .seconds(50), ok: 2)
        watch.observe([(unproven, .fit)], now: start)
        #expect(!watch.isStable(unproven, for: .seconds(30), limits: limits, now: start))
    }

    @Test("a status from the future, because the database's clock stepped back, does not hold returns up")
    func future() throws {
        var watch = StabilityWatch()
        let ahead = try record(age: .seconds(-3_600))
        watch.observe([(ahead, .fit)], now: start)
        #expect(!watch.isStable(ahead, for: .seconds(30), limits: limits, now: start + .seconds(29)))
        #expect(watch.isStable(ahead, for: .seconds(30), limits: limits, now: start + .seconds(30)))
    }

    @Test("what Kuma writes over our verdict changes nothing")
    func belief() throws {
        var node = NodeRecord(id: try NodeID("a"), name: "a", status: .online, okStreak: 0, failStreak: 3)
        #expect(node.believedStatus(limits) == .offline)
        #expect(Ownership(of: node, limits: limits) == .lost(.failover))
        node.failStreak = 0
        #expect(Ownership(of: node, limits: limits) == .wavering)
        node.okStreak = 1
        #expect(Ownership(of: node, limits: limits) == .fit)
        node.adminState = .known(.drain)
        #expect(Ownership(of: node, limits: limits) == .reserve)
        node.adminState = .known(.maintenance)
        #expect(Ownership(of: node, limits: limits) == .retiring)
        node.adminState = .known(.active)
        node.status = .recovering
        #expect(Ownership(of: node, limits: limits) == .wavering)
    }

    @Test("the census counts what runs, what lives and what visits")
    func census() throws {
        let census = AssignmentCensus(of: [
            FailoverPlanTests.monitor(1, home: "a"), FailoverPlanTests.monitor(2, home: "a", assigned: "b"),
            FailoverPlanTests.monitor(3, home: "b", assigned: ""), FailoverPlanTests.monitor(4, home: nil),
            FailoverPlanTests.monitor(5, home: "a", isActive: false),
        ])
        let (a, b) = (try NodeID("a"), try NodeID("b"))
        #expect((census[a].effective, census[a].home, census[a].visiting) == (1, 2, 0))
        #expect((census[b].effective, census[b].home, census[b].visiting) == (1, 1, 1))
        #expect(census.unassigned == 1)
        #expect(census.orphaned(besides: [a, b]) == 1)
    }
}

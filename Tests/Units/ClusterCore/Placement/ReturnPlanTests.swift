import ClusterCore
import Testing

@Suite("Return plans")
struct ReturnPlanTests {
    static func open(
        _ monitor: Int64, from: String = "a", to: String = "b", previous: String? = nil, reason: MoveReason? = .failover
    ) throws -> OpenMove {
        OpenMove(
            id: monitor + 100, monitor: MonitorID(monitor), from: NodeReference(text: from), to: try NodeID(to),
            previousAssigned: previous.map(NodeReference.init(text:)), reason: reason)
    }

    static func plan(
        _ open: [OpenMove], _ monitors: [MonitorAssignment], _ ownership: [String: Ownership], stable: [String] = []
    ) -> ReturnPlan {
        ReturnPlan(
            open: open, assignments: monitors,
            ownership: Dictionary(uniqueKeysWithValues: ownership.map { (NodeReference(text: $0), $1) }),
            stable: Set(stable.map(NodeReference.init(text:))))
    }

    static let moved = FailoverPlanTests.monitor(1, home: "a", assigned: "b")

    @Test("a monitor goes home when its home has been stable for the hold, not before")
    func hold() throws {
        let open = [try Self.open(1)]
        #expect(Self.plan(open, [Self.moved], ["a": .fit, "b": .fit], stable: ["a"]).planned.map(\.move) == open)
        #expect(Self.plan(open, [Self.moved], ["a": .fit, "b": .fit]).isEmpty)
        #expect(Self.plan(open, [Self.moved], ["a": .lost(.failover), "b": .fit]).isEmpty)
        #expect(Self.plan(open, [Self.moved], ["a": .reserve, "b": .fit], stable: ["a"]).isEmpty)
        #expect(Self.plan(open, [Self.moved], ["b": .fit]).isEmpty)
    }

    @Test("when the node that runs it now is lost, an online home takes it back at once")
    func bothWays() throws {
        let open = [try Self.open(1)]
        #expect(Self.plan(open, [Self.moved], ["a": .fit, "b": .lost(.failover)]).returns == open)
        #expect(Self.plan(open, [Self.moved], ["a": .fit]).returns == open)
        #expect(Self.plan(open, [Self.moved], ["a": .wavering, "b": .lost(.failover)]).isEmpty)
    }

    @Test("what a person changed since is forgotten, not touched", arguments: ["c", "", nil] as [String?])
    func person(choice: String?) throws {
        let open = [try Self.open(1)]
        let plan = Self.plan(
            open, [FailoverPlanTests.monitor(1, home: "a", assigned: choice)], ["a": .fit, "b": .fit], stable: ["a"])
        #expect(plan.returns.isEmpty)
        #expect(plan.forgets == open)
    }

    @Test("a deleted monitor's entry is forgotten")
    func deleted() throws {
        let open = [try Self.open(1)]
        #expect(Self.plan(open, [], ["a": .fit], stable: ["a"]).forgets == open)
    }

    @Test("a person's assignment from before the move is what it returns to")
    func previous() throws {
        let open = [try Self.open(1, from: "c", previous: "c")]
        #expect(Self.plan(open, [Self.moved], ["a": .fit, "b": .fit, "c": .fit], stable: ["a"]).isEmpty)
        let stable = Self.plan(open, [Self.moved], ["a": .fit, "b": .fit, "c": .fit], stable: ["c"])
        #expect(stable.planned.map(\.move) == open)
    }

    @Test("a return never stops a monitor: without a home left, it stays where it runs")
    func noHome() throws {
        let open = [try Self.open(1)]
        let plan = Self.plan(open, [FailoverPlanTests.monitor(1, home: nil, assigned: "b")], ["b": .fit], stable: ["b"])
        #expect(plan.forgets == open)
    }

    @Test("rebalanced monitors have no return")
    func rebalanced() throws {
        let plan = Self.plan(
            [try Self.open(1, reason: .rebalance)], [Self.moved], ["a": .fit, "b": .fit], stable: ["a"])
        #expect(plan.isEmpty && plan.forgets.isEmpty)
    }

    @Test("what runs goes home when its turn comes; what nobody runs, or what stays where it is, goes at once")
    func turn() throws {
        let open = [try Self.open(1)]
        let leg = PlannedMovePacer.Leg(from: NodeReference(text: "b"), to: NodeReference(text: "a"))
        let running = Self.plan(open, [Self.moved], ["a": .fit, "b": .fit], stable: ["a"])
        #expect(running.planned == [ReturnPlan.PlannedReturn(move: open[0], leg: leg)] && running.returns.isEmpty)
        let paused = FailoverPlanTests.monitor(1, home: "a", assigned: "b", isActive: false)
        #expect(Self.plan(open, [paused], ["a": .fit, "b": .fit], stable: ["a"]).returns == open)
        let settled = FailoverPlanTests.monitor(1, home: "b", assigned: "b")
        #expect(Self.plan(open, [settled], ["b": .fit]).returns == open)
    }

    @Test("from a node in maintenance it goes home when its turn comes, however short its home has been up")
    func retiring() throws {
        let open = [try Self.open(1)]
        #expect(Self.plan(open, [Self.moved], ["a": .fit, "b": .retiring]).planned.map(\.move) == open)
        #expect(Self.plan(open, [Self.moved], ["a": .retiring, "b": .fit], stable: ["a"]).isEmpty)
    }
}

extension ReturnPlan {
    /// Nothing goes home.
    fileprivate var isEmpty: Bool { returns.isEmpty && planned.isEmpty }
}

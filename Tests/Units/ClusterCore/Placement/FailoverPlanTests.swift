import ClusterCore
import RepeatableRandom
import Testing

@Suite("Failover plans")
struct FailoverPlanTests {
    static func node(_ text: String) throws -> NodeID { try NodeID(text) }

    static func monitor(_ id: Int64, home: String?, assigned: String? = nil, isActive: Bool = true) -> MonitorAssignment
    {
        MonitorAssignment(
            id: MonitorID(id), isActive: isActive, home: home.map(NodeReference.init(text:)),
            assigned: assigned.map(NodeReference.init(text:)))
    }

    static func plan(
        _ monitors: [MonitorAssignment], _ ownership: [String: Ownership],
        orphans: FailoverPlan.OrphanRule = .rescue, unjudged: UnjudgedNodes = .none
    ) -> FailoverPlan {
        FailoverPlan(
            assignments: monitors, census: AssignmentCensus(of: monitors),
            ownership: Dictionary(uniqueKeysWithValues: ownership.map { (NodeReference(text: $0), $1) }),
            orphans: orphans, unjudged: unjudged)
    }

    /// The assignments after a plan took effect.
    static func applied(_ plan: FailoverPlan, to monitors: [MonitorAssignment]) -> [MonitorAssignment] {
        let targets = Dictionary(uniqueKeysWithValues: (plan.moves + plan.planned).map { ($0.monitor, $0.to) })
        return monitors.map { monitor in
            var next = monitor
            if let to = targets[monitor.id] { next.assigned = NodeReference(to) }
            return next
        }
    }

    @Test("an offline node's monitors go to the least loaded fit nodes, and nobody else's move")
    func spreads() {
        let monitors =
            (1...4).map { Self.monitor($0, home: "a") } + (5...6).map { Self.monitor($0, home: "b") }
            + [Self.monitor(7, home: "c")]
        let plan = Self.plan(monitors, ["a": .lost(.failover), "b": .fit, "c": .fit])
        #expect(plan.moves.map(\.monitor.number) == [1, 2, 3, 4])
        // One receiver after the other, so that each gets its own in one transaction.
        #expect(plan.moves.map(\.to.text) == ["b", "b", "c", "c"])
        #expect(plan.moves.allSatisfy { $0.from.text == "a" && $0.reason == .failover })
    }

    @Test("a node in maintenance is emptied for that reason")
    func maintenance() {
        let plan = Self.plan([Self.monitor(1, home: "a")], ["a": .lost(.maintenance), "b": .fit])
        #expect(plan.moves.map(\.reason) == [.maintenance])
    }

    @Test("a node in maintenance that is online runs its monitors until their turn comes, least loaded receivers first")
    func retiring() {
        let monitors = (1...5).map { Self.monitor($0, home: "a") } + [Self.monitor(6, home: "b")]
        let plan = Self.plan(monitors, ["a": .retiring, "b": .fit, "c": .fit])
        #expect(plan.moves.isEmpty)
        #expect(plan.planned.map(\.monitor.number) == [1, 2, 3, 4, 5])
        #expect(plan.planned.map(\.to.text) == ["c", "b", "c", "b", "c"])
        #expect(plan.planned.allSatisfy { $0.reason == .maintenance && $0.from.text == "a" })
    }

    @Test("what nobody runs is placed before what somebody runs still")
    func urgentFirst() {
        let monitors = [Self.monitor(1, home: "a"), Self.monitor(2, home: "b")]
        let plan = Self.plan(monitors, ["a": .retiring, "b": .lost(.failover), "c": .fit, "d": .fit])
        #expect(plan.moves.map { "\($0.monitor)>\($0.to)" } == ["2>c"])
        #expect(plan.planned.map { "\($0.monitor)>\($0.to)" } == ["1>d"])
        #expect(Self.plan(monitors, ["a": .retiring, "b": .lost(.failover)]).stranded == 2)
    }

    @Test("with every node lost, assignments stay and are counted as stranded")
    func allLost() {
        let plan = Self.plan(
            [Self.monitor(1, home: "a"), Self.monitor(2, home: "b")], ["a": .lost(.failover), "b": .lost(.maintenance)])
        #expect(plan.moves.isEmpty)
        #expect(plan.stranded == 2)
    }

    @Test("a wavering node neither loses monitors nor is given any")
    func wavering() {
        let plan = Self.plan(
            [Self.monitor(1, home: "a"), Self.monitor(2, home: "b")], ["a": .lost(.failover), "b": .wavering])
        #expect(plan.moves.isEmpty)
        #expect(plan.stranded == 1)
    }

    @Test("a node in reserve takes monitors only where no fit node is left")
    func reserve() {
        let monitors = [Self.monitor(1, home: "a")]
        #expect(Self.plan(monitors, ["a": .lost(.failover), "b": .reserve, "c": .fit]).moves.map(\.to.text) == ["c"])
        #expect(Self.plan(monitors, ["a": .lost(.failover), "b": .reserve]).moves.map(\.to.text) == ["b"])
    }

    @Test("a node of which nobody knows whether it lives is given monitors only where no other is left")
    func unjudged() {
        let monitors = [Self.monitor(1, home: "a"), Self.monitor(2, home: "gone")]
        func targets(_ others: [String: Ownership], _ lastResort: UnjudgedNodes.LastResort) -> [String] {
            let silent = UnjudgedNodes([NodeReference(text: "s"), NodeReference(text: "t")], lastResort: lastResort)
            let ownership = others.merging(["a": .lost(.failover)]) { $1 }
            return Self.plan(monitors, ownership, unjudged: silent).moves.map(\.to.text)
        }
        #expect(targets(["s": .fit, "b": .fit], .take) == ["b", "b"])
        #expect(targets(["s": .fit, "b": .reserve], .take) == ["b", "b"])
        #expect(targets(["s": .fit, "t": .reserve, "b": .wavering], .take) == ["s", "s"])
        #expect(targets(["t": .reserve], .take) == ["t", "t"])
        #expect(targets(["s": .fit, "t": .reserve], .wait) == [])
        #expect(targets(["s": .fit, "b": .reserve], .wait) == [], "a fit one may speak at any moment")
        #expect(targets(["s": .reserve, "b": .reserve], .wait) == ["b", "b"])
        #expect(targets(["s": .fit, "b": .fit], .wait) == ["b", "b"])
        let retiring = Self.plan(
            monitors, ["a": .retiring, "s": .fit],
            unjudged: UnjudgedNodes([NodeReference(text: "s")], lastResort: .take))
        #expect(retiring.moves.map(\.monitor.number) == [2])
        #expect(retiring.planned.isEmpty && retiring.stranded == 1, "what runs stays")
    }

    @Test("orphans are rescued, NA and paused monitors are left alone")
    func orphans() {
        let monitors = [
            Self.monitor(1, home: "gone"), Self.monitor(2, home: "a", assigned: ""), Self.monitor(3, home: nil),
            Self.monitor(4, home: "gone", isActive: false),
        ]
        let plan = Self.plan(monitors, ["a": .fit])
        #expect(plan.moves.map(\.monitor.number) == [1, 2])
        #expect(Self.plan(monitors, ["a": .fit], orphans: .leave).moves.isEmpty)
    }

    @Test("a person's assignment holds while its node is online, wherever the home is")
    func personsAssignment() {
        let monitors = [Self.monitor(1, home: "a", assigned: "b")]
        #expect(Self.plan(monitors, ["a": .lost(.failover), "b": .fit, "c": .fit]).moves.isEmpty)
        #expect(Self.plan(monitors, ["a": .fit, "b": .lost(.failover), "c": .fit]).moves.count == 1)
    }

    @Test("properties of plans over random clusters", arguments: UInt64(1)...300)
    func properties(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let kinds: [Ownership] = [
            .fit, .fit, .wavering, .reserve, .retiring, .lost(.failover), .lost(.maintenance), .untouched,
        ]
        let names = (0..<Int.random(in: 1...7, using: &random)).map { "n\($0)" }
        var ownership: [String: Ownership] = [:]
        for name in names { ownership[name] = kinds.randomElement(using: &random) }
        let places: [String?] = names + ["gone", "", nil]
        let monitors = (0..<Int64.random(in: 0...80, using: &random)).map { id in
            Self.monitor(
                id, home: places.randomElement(using: &random) ?? nil,
                assigned: Int.random(in: 0...2, using: &random) == 0
                    ? places.randomElement(using: &random) ?? nil : nil,
                isActive: Int.random(in: 0...9, using: &random) > 0)
        }
        let plan = Self.plan(monitors, ownership)
        let after = Self.applied(plan, to: monitors)
        let takers = ownership.filter { $0.value == .fit }.isEmpty ? Ownership.reserve : .fit
        let canTake = ownership.values.contains(takers)

        for (before, now) in zip(monitors, after) {
            let wasLost: Bool
            switch before.effective.map({ ownership[$0.text] }) {
            case .none: wasLost = false
            case .some(.none), .some(.lost), .some(.retiring): wasLost = true
            case .some(.fit), .some(.wavering), .some(.reserve), .some(.untouched): wasLost = false
            }
            // Minimal: only what must leave moves, and all of it when anybody can take it.
            #expect((before != now) == (wasLost && before.isActive && canTake), "seed \(seed), \(before)")
            if before != now { #expect(ownership[now.effective?.text ?? ""] == takers, "seed \(seed)") }
        }
        #expect(plan.stranded == 0 || !canTake, "seed \(seed)")

        // Even: no receiver runs two more than another taker, since one of its monitors would have gone there.
        let census = AssignmentCensus(of: after)
        let counts = names.filter { ownership[$0] == takers }.map {
            census.counts[NodeReference(text: $0)]?.effective ?? 0
        }
        for receiver in Set((plan.moves + plan.planned).map(\.to)) {
            #expect(census[receiver].effective <= (counts.min() ?? 0) + 1, "seed \(seed)")
        }

        // Idempotent.
        let again = Self.plan(after, ownership)
        #expect(again.moves.isEmpty && again.planned.isEmpty, "seed \(seed)")
    }
}

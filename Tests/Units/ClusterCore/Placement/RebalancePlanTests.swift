import ClusterCore
import RepeatableRandom
import Testing

@Suite("Rebalance plans")
struct RebalancePlanTests {
    /// A cluster as a plan sees it.
    struct Scene {
        var monitors: [MonitorAssignment]
        var open: [OpenMove] = []
        var ownership: [NodeReference: Ownership]

        init(_ monitors: [MonitorAssignment], _ ownership: [String: Ownership], open: [OpenMove] = []) {
            self.monitors = monitors
            self.ownership = Dictionary(uniqueKeysWithValues: ownership.map { (NodeReference(text: $0), $1) })
            self.open = open
        }

        func plan(
            _ kind: RebalanceKind, limit: Int? = nil, orphans: FailoverPlan.OrphanRule = .rescue
        ) -> RebalancePlan {
            RebalancePlan(
                kind, assignments: monitors, open: open, ownership: ownership, orphans: orphans, limit: limit)
        }

        /// As the store writes it: another home, no override, the entry closed.
        func applying(_ plan: RebalancePlan) -> Scene {
            let targets = Dictionary(uniqueKeysWithValues: plan.moves.map { ($0.monitor, $0.to) })
            var next = self
            next.monitors = monitors.map { monitor in
                guard let to = targets[monitor.id] else { return monitor }
                return MonitorAssignment(id: monitor.id, isActive: monitor.isActive, home: NodeReference(to))
            }
            next.open = open.filter { targets[$0.monitor] == nil }
            return next
        }

        /// Where a monitor is once everything of ours that goes home by itself is there.
        func restingPlace(of monitor: MonitorAssignment) -> NodeReference? {
            guard let entry = open.first(where: { $0.monitor == monitor.id }), entry.to.text == monitor.assigned?.text,
                let home = entry.previousAssigned ?? monitor.home, ownership[home] == .fit
            else { return monitor.effective }
            return home
        }

        func counts() -> [Int] {
            ownership.filter { $0.value == .fit }.keys.sorted { $0.text < $1.text }.map { node in
                monitors.count { $0.isActive && restingPlace(of: $0) == node }
            }
        }
    }

    static func monitor(_ id: Int64, home: String?, assigned: String? = nil, isActive: Bool = true) -> MonitorAssignment
    {
        FailoverPlanTests.monitor(id, home: home, assigned: assigned, isActive: isActive)
    }

    static func visit(_ monitor: Int64, from: String, to: String, previous: String? = nil) throws -> OpenMove {
        OpenMove(
            id: monitor, monitor: MonitorID(monitor), from: NodeReference(text: from), to: try NodeID(to),
            previousAssigned: previous.map(NodeReference.init(text:)), reason: .failover)
    }

    @Test("a new node gets its share, and only what it gets moves")
    func newNode() {
        let monitors = (1...4).map { Self.monitor($0, home: "a") } + (5...9).map { Self.monitor($0, home: "b") }
        let plan = Scene(monitors, ["a": .fit, "b": .fit, "c": .fit]).plan(.rebalance)
        #expect(plan.moves.map(\.monitor.number) == [9, 4, 8])
        #expect(plan.moves.allSatisfy { $0.to.text == "c" && $0.reason == .rebalance })
        #expect(plan.routes.map { "\($0.from)>\($0.to) \($0.count)" } == ["a>c 1", "b>c 2"])
        #expect(plan.fitNodes == 3)
    }

    @Test("counts that differ by one are even already")
    func even() {
        let monitors = [Self.monitor(1, home: "a"), Self.monitor(2, home: "a"), Self.monitor(3, home: "b")]
        #expect(Scene(monitors, ["a": .fit, "b": .fit]).plan(.rebalance).moves.isEmpty)
    }

    @Test("a person's assignment stays, and the others are evened out around it", arguments: RebalanceKind.allCases)
    func person(kind: RebalanceKind) {
        let monitors =
            (1...5).map { Self.monitor($0, home: "b", assigned: "a") } + (6...9).map { Self.monitor($0, home: "a") }
        let scene = Scene(monitors, ["a": .fit, "b": .fit])
        let plan = scene.plan(kind)
        #expect(plan.kept == 5)
        #expect(plan.moves.allSatisfy { $0.monitor.number > 5 })
        #expect(scene.applying(plan).counts() == [5, 4])
    }

    @Test("a visitor whose home exists is left to go home, and counts there once its home is fit")
    func visitors() throws {
        let monitors =
            (1...2).map { Self.monitor($0, home: "b", assigned: "a") } + [Self.monitor(3, home: "a")]
            + [Self.monitor(4, home: "a")]
        let open = try [Self.visit(1, from: "b", to: "a"), Self.visit(2, from: "b", to: "a")]
        #expect(Scene(monitors, ["a": .fit, "b": .fit], open: open).plan(.rebalance).moves.isEmpty)
        let away = Scene(monitors, ["a": .fit, "b": .lost(.failover), "c": .fit], open: open).plan(.rebalance)
        #expect(away.moves.map(\.monitor.number) == [4, 3])
    }

    @Test(
        "a visitor whose entry a later version made stays, as if a person had put it there",
        arguments: RebalanceKind.allCases)
    func laterVersion(kind: RebalanceKind) throws {
        let monitors = (1...4).map { Self.monitor($0, home: "gone", assigned: "a") }
        let open = try (1...4).map { id in
            OpenMove(
                id: id, monitor: MonitorID(id), from: NodeReference(text: "gone"), to: try NodeID("a"),
                previousAssigned: nil, reason: nil)
        }
        let plan = Scene(monitors, ["a": .fit, "b": .fit], open: open).plan(kind)
        #expect(plan.moves.isEmpty)
        #expect(plan.kept == 4)
    }

    @Test("a visitor whose home is deleted gets a new one")
    func orphanedVisitor() throws {
        let monitors = [Self.monitor(1, home: "gone", assigned: "a"), Self.monitor(2, home: "gone", assigned: "a")]
        let open = try [Self.visit(1, from: "gone", to: "a"), Self.visit(2, from: "gone", to: "a")]
        let scene = Scene(monitors, ["a": .fit, "b": .fit], open: open)
        #expect(scene.plan(.rebalance).moves.map { "\($0.monitor) \($0.to)" } == ["2 b"])
        #expect(scene.plan(.rebalance, orphans: .leave).moves.isEmpty, "its row may be one that cannot be read")
    }

    @Test("force settles visitors, but never where a person's choice waits to be restored")
    func forceSettles() throws {
        let monitors = [
            Self.monitor(1, home: "c", assigned: "a"), Self.monitor(2, home: "a", assigned: "a"),
            Self.monitor(3, home: "b"),
        ]
        let open = try [Self.visit(1, from: "c", to: "a"), Self.visit(2, from: "c", to: "a", previous: "c")]
        let plan = Scene(monitors, ["a": .fit, "b": .fit, "c": .lost(.failover)], open: open).plan(.force)
        #expect(plan.kept == 1)
        #expect(plan.moves.map { "\($0.monitor) \($0.from)>\($0.to)" } == ["1 a>b", "3 b>a"])
    }

    @Test(
        "NA, paused and lost, wavering or reserve nodes' monitors are not touched", arguments: RebalanceKind.allCases)
    func untouched(kind: RebalanceKind) {
        let monitors = [
            Self.monitor(1, home: nil), Self.monitor(2, home: "a", isActive: false), Self.monitor(3, home: "w"),
            Self.monitor(4, home: "d"), Self.monitor(5, home: "l"), Self.monitor(6, home: "gone"),
        ]
        let ownership: [String: Ownership] = [
            "a": .fit, "b": .fit, "w": .wavering, "d": .reserve, "l": .lost(.failover),
        ]
        #expect(Scene(monitors, ownership).plan(kind).moves.isEmpty)
        #expect(Scene(monitors, ["w": .wavering]).plan(kind).fitNodes == 0)
    }

    @Test("half of a plan is a plan: the fullest nodes give first, the emptiest get first")
    func limited() {
        let monitors = (1...9).map { Self.monitor($0, home: "a") } + (10...12).map { Self.monitor($0, home: "b") }
        let scene = Scene(monitors, ["a": .fit, "b": .fit, "c": .fit])
        #expect(scene.applying(scene.plan(.rebalance, limit: 2)).counts() == [7, 3, 2])
        #expect(scene.plan(.rebalance, limit: 0).moves.isEmpty)
        #expect(scene.plan(.rebalance).moves.count == 5)
    }

    @Test("properties of plans over random clusters", arguments: UInt64(1)...400)
    func properties(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scene = try Self.scene(upTo: 80, nodes: 7, &random)
        for kind in RebalanceKind.allCases {
            let plan = scene.plan(kind)
            let after = scene.applying(plan)
            #expect(after.plan(kind).moves.isEmpty, "seed \(seed): not idempotent")
            #expect(Set(plan.moves.map(\.monitor)).count == plan.moves.count, "seed \(seed)")
            let movable = Set(plan.moves.map(\.monitor))
            for monitor in scene.monitors where movable.contains(monitor.id) {
                let isOurs = scene.open.contains { $0.monitor == monitor.id && $0.to.text == monitor.assigned?.text }
                #expect(monitor.isActive && (monitor.assigned == nil || isOurs), "seed \(seed): a person's work")
                #expect(monitor.effective.map { scene.ownership[$0] } == .fit, "seed \(seed)")
            }
            let counts = after.counts()
            if scene.open.isEmpty, !scene.monitors.contains(where: { $0.assigned != nil }) {
                #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "seed \(seed): \(counts)")
            }
            // A job that was interrupted anywhere and planned again ends at the same place.
            let half = scene.applying(scene.plan(kind, limit: plan.moves.count / 2))
            #expect(half.plan(kind).moves.count == plan.moves.count - plan.moves.count / 2, "seed \(seed)")
        }
    }

    @Test("no other choice is more even, and none as even needs fewer moves", arguments: UInt64(1)...300)
    func minimal(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scene = try Self.scene(upTo: 6, nodes: 3, &random)
        let fit = scene.ownership.filter { $0.value == .fit }.keys.compactMap(\.nodeID).sorted()
        guard !fit.isEmpty else { return }
        let movable = scene.monitors.filter { monitor in
            guard monitor.isActive, let at = monitor.effective, scene.ownership[at] == .fit else { return false }
            guard monitor.assigned != nil else { return true }
            guard let entry = scene.open.first(where: { $0.monitor == monitor.id && $0.to.text == at.text }) else {
                return false
            }
            return (entry.previousAssigned ?? monitor.home).flatMap { scene.ownership[$0] } == nil
                && (entry.previousAssigned.flatMap { scene.ownership[$0] } == nil)
                && (monitor.home.flatMap { scene.ownership[$0] } == nil)
        }
        var best: (unevenness: Int, moves: Int) = (.max, .max)
        for code in 0..<movable.reduce(1, { product, _ in product * fit.count }) {
            var rest = code
            var next = scene
            var moves = 0
            for monitor in movable {
                let target = NodeReference(fit[rest % fit.count])
                rest /= fit.count
                guard let index = next.monitors.firstIndex(where: { $0.id == monitor.id }),
                    target != monitor.effective
                else { continue }
                next.monitors[index] = MonitorAssignment(id: monitor.id, home: target)
                moves += 1
            }
            let unevenness = next.counts().reduce(0) { $0 + $1 * $1 }
            if (unevenness, moves) < best { best = (unevenness, moves) }
        }
        let plan = scene.plan(.rebalance)
        #expect(scene.applying(plan).counts().reduce(0) { $0 + $1 * $1 } == best.unevenness, "seed \(seed)")
        #expect(plan.moves.count == best.moves, "seed \(seed)")
    }

    /// A random cluster; every third has only plain monitors.
    private static func scene(upTo most: Int64, nodes: Int, _ random: inout SeededRandom) throws -> Scene {
        let kinds: [Ownership] = [.fit, .fit, .fit, .wavering, .reserve, .lost(.failover)]
        let names = (0..<Int.random(in: 1...nodes, using: &random)).map { "n\($0)" }
        var ownership: [String: Ownership] = [:]
        for name in names { ownership[name] = kinds.randomElement(using: &random) }
        let isPlain = Int.random(in: 0...2, using: &random) == 0
        var open: [OpenMove] = []
        var monitors: [MonitorAssignment] = []
        for id in 0..<Int64.random(in: 0...most, using: &random) {
            let home = (names + ["gone", nil]).randomElement(using: &random) ?? nil
            var assigned: String?
            switch isPlain ? 9 : Int.random(in: 0...5, using: &random) {
            case 0: assigned = (names + ["gone", ""]).randomElement(using: &random)
            case 1, 2:
                let to = names.randomElement(using: &random) ?? "n0"
                assigned = to
                let previous = Bool.random(using: &random) ? names.randomElement(using: &random) : nil
                // A move to where it belongs anyway is closed by the mover's next pass.
                if (previous ?? home) != to {
                    open.append(try visit(id, from: home ?? "x", to: to, previous: previous))
                }
            case _: break
            }
            let isActive = Int.random(in: 0...9, using: &random) > 0
            monitors.append(monitor(id, home: home, assigned: assigned, isActive: isActive))
        }
        return Scene(monitors, ownership, open: open)
    }
}

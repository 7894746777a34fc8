import ClusterCore
import Testing

@Suite("Admin states")
struct AdminStateTests {
    private static let limits = HealthJudge.Limits()

    private static func record(_ word: AdminWord, _ status: NodeStatus = .online) throws -> NodeRecord {
        NodeRecord(id: try NodeID("a"), name: "a", status: status, adminState: word, okStreak: 3)
    }

    private static func node(_ word: AdminWord) throws -> RoutingNode {
        RoutingNode(
            id: try NodeID("a"), hostName: "a", address: .ipv4(octets: 1, port: 1), status: .online,
            effects: word.effects, isReachable: true, isPrimary: false, monitorCount: 0, traffic: NodeTraffic())
    }

    /// A state as a person meets it.
    struct Meaning: Sendable, CustomTestStringConvertible {
        let word: String
        let newClients: NodeStanding
        let keepsPins: Bool
        let online, offline: Ownership

        var testDescription: String { word }
    }

    static let meanings = [
        Meaning(word: "active", newClients: .preferred, keepsPins: true, online: .fit, offline: .lost(.failover)),
        Meaning(word: "drain", newClients: .lastResort, keepsPins: true, online: .reserve, offline: .lost(.failover)),
        Meaning(word: "cordon", newClients: .lastResort, keepsPins: false, online: .reserve, offline: .lost(.failover)),
        Meaning(
            word: "maintenance", newClients: .doubtful, keepsPins: false, online: .retiring,
            offline: .lost(.maintenance)),
        Meaning(word: "quarantine", newClients: .lastResort, keepsPins: true, online: .untouched, offline: .untouched),
    ]

    @Test("each word means the same to routing, to pins and to the mover", arguments: meanings)
    func means(meaning: Meaning) throws {
        let word = AdminWord(column: meaning.word)
        let node = try Self.node(word)
        #expect(node.standing(monitorLimit: 100, isEjected: false) == meaning.newClients)
        #expect(node.acceptsPins == meaning.keepsPins)
        #expect(Ownership(of: try Self.record(word), limits: Self.limits) == meaning.online)
        #expect(Ownership(of: try Self.record(word, .offline), limits: Self.limits) == meaning.offline)
    }

    @Test("no state is without a test of its meaning, or without a name of its own")
    func complete() {
        let words = Set(Self.meanings.map(\.word))
        #expect(words.isSuperset(of: AdminState.allCases.map(\.rawValue)))
        #expect(Set(AdminState.allCases.map(\.verb)).count == AdminState.allCases.count)
    }

    @Test(
        "a word of a later version is kept as it stands, and shown as unknown", arguments: ["quarantine", "", "Drain"])
    func unknown(text: String) {
        let word = AdminWord(column: text)
        #expect(word == .unknown(text) && word.text == text && word.shown == "unknown")
        #expect(AdminWord.shownWords.contains(word.shown))
    }

    // MARK: What is left alone

    private static func reference(_ text: String) -> NodeReference { NodeReference(text: text) }

    @Test("a node in a state that nobody knows keeps its monitors when it dies, and is given none when others do")
    func isNeitherLeftNorGiven() {
        let monitors = [FailoverPlanTests.monitor(1, home: "a"), FailoverPlanTests.monitor(2, home: "b")]
        let plan = FailoverPlanTests.plan(monitors, ["a": .untouched, "b": .lost(.failover), "c": .fit])
        #expect(plan.moves.map(\.monitor.number) == [2])
        #expect(plan.moves.map(\.to.text) == ["c"])
        let alone = FailoverPlanTests.plan(monitors, ["a": .untouched, "b": .lost(.failover)])
        #expect(alone.moves.isEmpty && alone.planned.isEmpty && alone.stranded == 1)
    }

    @Test("nothing goes home from it or to it")
    func noReturns() throws {
        let away = [try ReturnPlanTests.open(1)]
        let moved = [ReturnPlanTests.moved]
        for ownership: [String: Ownership] in [["a": .fit, "b": .untouched], ["a": .untouched, "b": .fit]] {
            let plan = ReturnPlanTests.plan(away, moved, ownership, stable: ["a"])
            #expect(plan.returns.isEmpty && plan.planned.isEmpty && plan.forgets.isEmpty, "\(ownership)")
        }
    }

    @Test("a rebalancing takes nothing from it and gives it nothing", arguments: RebalanceKind.allCases)
    func noRebalancing(kind: RebalanceKind) {
        let monitors =
            (1...6).map { FailoverPlanTests.monitor($0, home: "b") }
            + (7...9).map { FailoverPlanTests.monitor($0, home: "a") }
        let plan = RebalancePlan(
            kind, assignments: monitors, open: [],
            ownership: [Self.reference("a"): .untouched, Self.reference("b"): .fit, Self.reference("c"): .fit],
            orphans: .rescue)
        #expect(plan.moves.count == 3)
        #expect(plan.moves.allSatisfy { $0.from.text == "b" && $0.to.text == "c" })
    }
}

import ClusterCore
import Testing

@Suite("Reasons of moves")
struct MoveReasonTests {
    @Test("what is written is read again, and no two reasons share a word")
    func roundTrip() {
        for reason in MoveReason.allCases {
            #expect(MoveReason(word: reason.column) == reason)
            #expect(MoveReason(word: reason.rawValue) == reason)
        }
        let words = MoveReason.allCases.flatMap(\.columns)
        #expect(Set(words).count == words.count)
    }

    @Test("version 1.0 said drain where a node was in maintenance, and still reads what is written")
    func oldWord() {
        #expect(MoveReason(word: "drain") == .maintenance)
        let known = ["failover", "rebalance", "drain", "force"]
        #expect(MoveReason.allCases.allSatisfy { known.contains($0.column) })
    }

    @Test("a word of a later version is no reason of ours")
    func laterWord() { #expect(MoveReason(word: "teleport") == nil) }

    @Test("a move whose reason nobody knows waits for whoever made it")
    func waits() throws {
        let open = [try ReturnPlanTests.open(1, reason: nil)]
        let plan = ReturnPlanTests.plan(open, [ReturnPlanTests.moved], ["a": .fit, "b": .fit], stable: ["a"])
        #expect(plan.returns.isEmpty && plan.planned.isEmpty && plan.forgets.isEmpty)
    }
}

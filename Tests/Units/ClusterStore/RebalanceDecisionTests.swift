import ClusterCore
import ClusterStore
import Testing

@Suite("What giving a monitor another home writes")
struct RebalanceDecisionTests {
    private func decision(reason: MoveReason?, assigned: String?) throws -> RebalanceDecision? {
        let monitor = MonitorID(1)
        let row = MonitorAssignment(
            id: monitor, home: NodeReference(text: "node2"), assigned: assigned.map { NodeReference(text: $0) })
        let open = OpenMove(
            id: 7, monitor: monitor, from: NodeReference(text: "node2"), to: try NodeID("node1"),
            previousAssigned: nil, reason: reason)
        let from = NodeReference(text: assigned ?? "node2")
        let move = PlannedMove(monitor: monitor, from: from, to: try NodeID("node3"), reason: .force)
        return RebalanceDecision(move, row: row, open: open)
    }

    @Test("an assignment of ours is replaced; a person's is not, nor is one whose entry a later version made")
    func owners() throws {
        #expect(try decision(reason: .failover, assigned: "node1")?.closing?.outcome == .superseded)
        #expect(try decision(reason: nil, assigned: "node1") == nil)
        #expect(try decision(reason: .failover, assigned: "node3") == nil)
        #expect(try decision(reason: .failover, assigned: nil)?.closing?.outcome == .overridden)
    }
}

import ClusterCore
import ClusterStore
import Testing

@testable import ControlPlane

@Suite("What a poll finds wrong")
struct TableReaderTests {
    @Test("of many nodes in a state that nobody knows ten are logged, once")
    func unknownStates() throws {
        var reader = TableReader()
        let nodes = try (1...30).map { number in
            NodeRecord(
                id: try NodeID("node\(number)"), name: "node\(number)", host: "node\(number):3001",
                adminState: .unknown("quarantine"))
        }
        let poll = PollAnswer(
            nodes: nodes, rejectedRows: [], isSetUp: true,
            fingerprint: AssignmentFingerprint(count: 0, checksum: 0))
        var effects: [PassEffect] = []
        let now = ContinuousClock.now
        for _ in 1...2 { _ = reader.polled(poll, asked: now, now: now, &effects) }
        let logged = effects.compactMap { effect -> String? in
            guard case .log(let remark) = effect else { return nil }
            return remark.facts["node"]
        }
        #expect(logged.count == 10 && effects.count == 10)
        #expect(Set(logged).count == 10, "each another node")
    }
}

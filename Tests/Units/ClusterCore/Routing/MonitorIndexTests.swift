import ClusterCore
import Testing

@Suite("Which node runs a monitor")
struct MonitorIndexTests {
    private func monitor(_ id: Int64, _ home: String?, _ assigned: String? = nil, active: Bool = true)
        -> MonitorAssignment
    {
        MonitorAssignment(
            id: MonitorID(id), isActive: active, home: home.map { NodeReference(text: $0) },
            assigned: assigned.map { NodeReference(text: $0) })
    }

    private func owner(_ id: Int64, in index: MonitorIndex) -> String? {
        index.owner(of: id).map { index.nodes[$0].text }
    }

    @Test("the assignment wins over the home; paused monitors count; nobody's and impossible names do not")
    func owners() {
        let index = MonitorIndex(of: [
            monitor(1, "a"), monitor(2, "a", "b"), monitor(5, "a", active: false), monitor(6, nil),
            monitor(7, "a", ""), monitor(8, "no such/name"), monitor(.max, "b"),
        ])
        #expect([1, 2, 5, .max].map { owner($0, in: index) } == ["a", "b", "a", "b"])
        #expect([0, 3, 4, 6, 7, 8, 9, -1, .min].allSatisfy { index.owner(of: $0) == nil })
        #expect(index.count == 4)
        #expect(index.nodes.map(\.text) == ["a", "b"])
    }

    @Test("empty: nothing is found")
    func empty() {
        #expect(MonitorIndex.empty.owner(of: 1) == nil)
        #expect(MonitorIndex(of: []) == .empty)
    }

    @Test("100 000 monitors on 1 000 nodes: each is found where it is")
    func many() {
        let all = (1...100_000).map { monitor(Int64($0 * 3), "node\($0 % 1_000)") }
        let index = MonitorIndex(of: all)
        #expect(index.count == 100_000)
        #expect((1...100_000).allSatisfy { owner(Int64($0 * 3), in: index) == "node\($0 % 1_000)" })
        #expect((1...1_000).allSatisfy { index.owner(of: Int64($0 * 3 + 1)) == nil })
        #expect(MonitorIndex(of: all) == index)
        #expect(MonitorIndex(of: all.dropLast()) != index)
    }
}

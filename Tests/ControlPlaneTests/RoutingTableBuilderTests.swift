import ClusterCore
import ControlPlane
import Testing

@Suite("Routing tables")
struct RoutingTableBuilderTests {
    let builder = RoutingTableBuilder(monitorLimit: 10, judge: HealthJudge.Limits())

    private func table(_ record: NodeRecord, probed: NodeStatus?) -> RoutingNode? {
        let picture = ClusterPicture(nodes: [record], isSetUp: true, assignments: [], readAt: .now)
        let traffic = NodeTraffic()
        return builder.nodes(
            of: picture, probed: { _ in probed }, resolved: { .ipv4(octets: 1, port: $0.port) },
            traffic: { _ in traffic }
        ).first
    }

    @Test("own probes decide reachability where there are any, the status where there are none")
    func reachability() throws {
        var record = NodeRecord(id: try NodeID("a"), name: "a", host: "kuma-a:3005", status: .online)
        #expect(table(record, probed: nil)?.isReachable == true)
        #expect(table(record, probed: .offline)?.isReachable == false)
        #expect(table(record, probed: .recovering)?.isReachable == false)
        record.status = .offline
        #expect(table(record, probed: nil)?.isReachable == false)
        #expect(table(record, probed: .online)?.isReachable == true)
        #expect(table(record, probed: .online)?.acceptsPins == false)
        #expect(table(record, probed: nil)?.hostName == "kuma-a")
        #expect(table(record, probed: nil)?.address == .ipv4(octets: 1, port: 3005))
    }

    @Test("a row without a usable host has a name but no address")
    func noHost() throws {
        let node = table(NodeRecord(id: try NodeID("a"), name: "Node A", host: nil), probed: nil)
        #expect(node?.hostName == "Node A")
        #expect(node?.address == nil)
    }

    @Test("an equal table is not published again")
    func equal() throws {
        let node = try #require(table(NodeRecord(id: try NodeID("a"), name: "a", host: "a"), probed: nil))
        let current = RoutingTable(generation: 3, isSetupPending: false, nodes: [node], monitorLimit: 10)
        #expect(!RoutingTableBuilder.differs([node], isSetupPending: false, from: current))
        #expect(RoutingTableBuilder.differs([node], isSetupPending: true, from: current))
        #expect(RoutingTableBuilder.differs([], isSetupPending: false, from: current))
    }
}

import ClusterCore
import ControlPlane
import Testing

@Suite("Routing tables")
struct RoutingTableBuilderTests {
    let builder = RoutingTableBuilder(judge: HealthJudge.Limits())

    private func table(_ record: NodeRecord, probed: NodeStatus?) -> RoutingNode? {
        let snapshot = ClusterSnapshot(nodes: [record], isSetUp: true, assignments: [], readAt: .now)
        let traffic = NodeTraffic()
        return builder.nodes(
            of: snapshot, probed: { _ in probed }, resolved: { .ipv4(octets: 1, port: $0.port) },
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
        #expect(
            !RoutingTableBuilder.differs([node], isSetupPending: false, monitors: .empty, shortage: nil, from: current))
        #expect(
            RoutingTableBuilder.differs([node], isSetupPending: true, monitors: .empty, shortage: nil, from: current))
        #expect(RoutingTableBuilder.differs([], isSetupPending: false, monitors: .empty, shortage: nil, from: current))
        #expect(
            RoutingTableBuilder.differs(
                [node], isSetupPending: false, monitors: .empty, shortage: .databaseUnreachable, from: current))
    }
    @Test("a table whose monitors run elsewhere is another table")
    func monitors() throws {
        func index(_ node: String) -> MonitorIndex {
            MonitorIndex(of: [MonitorAssignment(id: MonitorID(1), home: NodeReference(text: node))])
        }
        let current = RoutingTable(
            generation: 3, isSetupPending: false, nodes: [], monitorLimit: 10, monitors: index("a"))
        #expect(
            !RoutingTableBuilder.differs([], isSetupPending: false, monitors: index("a"), shortage: nil, from: current))
        #expect(
            RoutingTableBuilder.differs([], isSetupPending: false, monitors: index("b"), shortage: nil, from: current))
    }

    @Test("new nodes, and those that can be reached again, start slowly; those of the first table do not")
    func recovered() throws {
        func node(_ id: String, _ status: NodeStatus = .online, _ admin: AdminState = .active) throws -> RoutingNode {
            try #require(
                table(
                    NodeRecord(id: try NodeID(id), name: id, host: id, status: status, adminState: .known(admin)),
                    probed: nil))
        }
        func recovered(_ next: [RoutingNode], _ before: [RoutingNode], generation: UInt64 = 1) -> [String] {
            RoutingTableBuilder.recovered(
                next,
                since: RoutingTable(
                    generation: generation, isSetupPending: false, nodes: before, monitorLimit: 10)
            ).map(\.id.text)
        }
        let (up, down) = (try node("a"), try node("a", .offline))
        #expect(recovered([up], [], generation: 0).isEmpty)
        #expect(recovered([up], [up]).isEmpty)
        #expect(recovered([up], [down]) == ["a"])
        #expect(recovered([down], [up]).isEmpty)
        #expect(recovered([up, try node("b")], [up]) == ["b"])
        #expect(recovered([up], [try node("a", .online, .maintenance)]) == ["a"])
    }
}

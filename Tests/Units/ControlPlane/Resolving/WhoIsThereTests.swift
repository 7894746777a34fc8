import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Synchronization
import Testing

/// Where names lead, as a test says.
final class NameServer: Sendable {
    private let names = Mutex<[String: [UInt32]]>([:])
    private let isAway = Mutex(false)
    private let questions = Mutex<[String: Int]>([:])

    func point(_ name: String, at addresses: UInt32...) { names.withLock { $0[name] = addresses } }
    func point(_ name: String, atEachOf addresses: [UInt32]) { names.withLock { $0[name] = addresses } }
    func lose(_ name: String) { names.withLock { $0[name] = nil } }
    func goAway() { isAway.withLock { $0 = true } }
    func comeBack() { isAway.withLock { $0 = false } }
    func asked(_ name: String) -> Int { questions.withLock { $0[name] ?? 0 } }

    var lookup: NameLookup {
        { host, answer in
            self.questions.withLock { $0[host, default: 0] += 1 }
            let found = self.isAway.withLock { $0 } ? nil : self.names.withLock { $0[host] }
            guard let found else {
                return answer(.failed(reason: "the name does not resolve: Name or service not known"))
            }
            answer(.found(found.map { .ipv4(octets: $0, port: 0) }))
        }
    }
}

@Suite("Monitors of nodes that are no more")
struct WhoIsThereTests {
    let names = NameServer()

    /// node1 to node3 at 127.0.0.1 to 127.0.0.3, six monitors each, one balancer that leads.
    private func settled() async throws -> VirtualCluster {
        let nodes = ["node1", "node2", "node3"]
        let cluster = try await VirtualCluster(nodes: nodes, monitors: 6)
        for node in nodes { names.point(node, at: VirtualCluster.address(of: node)) }
        cluster.addBalancer(configure: { $0.flaps.hold = .seconds(5) }, lookup: names.lookup)
        await cluster.run(for: .seconds(15))
        #expect(cluster.leaders() == [0] && cluster.tables.journal.isEmpty)
        return cluster
    }

    /// node2's container and its agent are gone; nobody is at its address.
    private func vanish(_ cluster: VirtualCluster) throws {
        cluster.agents[try NodeID("node2")] = nil
        cluster.fates.kill(at: 0x7F00_0002)
    }

    /// Another node's container gets the address.
    private func takeAddress(_ cluster: VirtualCluster) throws {
        let id = try NodeID("node4")
        cluster.tables.kumaStarts(id, name: "node4", host: "node4:3001")
        names.point("node4", at: 0x7F00_0002)
        cluster.fates.revive(at: 0x7F00_0002)
        cluster.startAgent(id)
    }

    /// Nothing is node2's, and nothing becomes node2's.
    private func expectReplaced(_ cluster: VirtualCluster, within limit: Duration) async throws {
        let took = await cluster.run(upTo: limit) { (try? await cluster.counts()["node2"]) == nil }
        let counts = try await cluster.counts()
        #expect(took != nil, "node2 keeps its monitors: \(counts)")
        for _ in 0..<120 {
            await cluster.run(for: .seconds(1))
            let count = try await cluster.counts()["node2"]
            if count != nil { Issue.record("node2 got monitors back") }
        }
        let node2 = try #require(cluster.balancers[0].snapshot.nodes.first { $0.record.id.text == "node2" })
        #expect(node2.record.status == .offline)
        #expect(!node2.isRoutable)
        #expect(cluster.tables.journal.count == 6, "each of them moved once")
    }

    enum Moment: CaseIterable, Sendable {
        case early, late
    }
    enum Name: CaseIterable, Sendable {
        case gone, cached
    }

    @Test(
        "A node's address given to another container, before or after its end was seen, its name gone or still known",
        arguments: Moment.allCases, Name.allCases)
    func addressTaken(moment: Moment, name: Name) async throws {
        let cluster = try await settled()
        try vanish(cluster)
        if name == .gone { names.lose("node2") }
        switch moment {
        case .early: await cluster.run(for: .milliseconds(500))
        case .late:
            let took = await cluster.run(upTo: .seconds(12)) { (try? await cluster.counts()["node2"]) == nil }
            #expect(try #require(took) <= .seconds(10))
        }
        try takeAddress(cluster)
        try await expectReplaced(cluster, within: .seconds(20))
    }

    @Test("A node that went away on purpose, its address given away at once", arguments: Name.allCases)
    func detached(name: Name) async throws {
        let cluster = try await settled()
        let agent = try #require(cluster.agents[try NodeID("node2")])
        try vanish(cluster)
        try await cluster.store.detach(agent.node, instance: agent.instance)
        if name == .gone { names.lose("node2") }
        try takeAddress(cluster)
        try await expectReplaced(cluster, within: .seconds(15))
    }

    @Test("A node's id was changed: its old row names the address of the new one", arguments: Moment.allCases)
    func changedID(moment: Moment) async throws {
        let cluster = try await settled()
        cluster.agents[try NodeID("node2")] = nil
        let renamed = try NodeID("taipei")
        if moment == .late { await cluster.run(for: .seconds(30)) }
        cluster.tables.kumaStarts(renamed, name: "taipei", host: "node2:3001")
        cluster.startAgent(renamed)
        try await expectReplaced(cluster, within: .seconds(20))
        // The new one's agent dies beside its Kuma: the row that spoke last is the one that is there.
        cluster.agents[renamed] = nil
        await cluster.run(for: .seconds(60))
        let nodes = cluster.balancers[0].snapshot.nodes
        #expect(nodes.first { $0.record.id == renamed }?.record.status == .online)
        #expect(nodes.first { $0.record.id.text == "node2" }?.record.status == .offline)
    }

    @Test("Nodes that swapped their addresses keep their monitors, also when an agent dies beside its Kuma")
    func swapped() async throws {
        let cluster = try await settled()
        names.point("node1", at: 0x7F00_0002)
        names.point("node2", at: 0x7F00_0001)
        await cluster.run(for: .seconds(2))
        cluster.agents[try NodeID("node2")] = nil
        await cluster.run(for: .seconds(60))
        #expect(cluster.tables.journal.isEmpty)
        let places = cluster.publishers[0].table.nodes.map(\.address)
        #expect(places == [0x7F00_0002, 0x7F00_0001, 0x7F00_0003].map { .ipv4(octets: $0, port: 3001) })
    }

    @Test("Two nodes at one address with ports of their own are two nodes")
    func onePerPort() async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: 6)
        cluster.tables.kumaStarts(try NodeID("node1"), host: "10.0.0.9:3001")
        cluster.tables.kumaStarts(try NodeID("node2"), host: "10.0.0.9:3002")
        cluster.addBalancer()
        await cluster.run(for: .seconds(15))
        cluster.agents[try NodeID("node2")] = nil
        await cluster.run(for: .seconds(60))
        #expect(cluster.tables.journal.isEmpty)
        #expect(cluster.balancers[0].snapshot.nodes.map(\.record.status) == [.online, .online])
    }

    @Test("A name server that is away for a while takes no node's monitors")
    func nameServerAway() async throws {
        let cluster = try await settled()
        cluster.agents[try NodeID("node2")] = nil
        await cluster.run(for: .seconds(20))
        names.goAway()
        await cluster.run(for: .seconds(4))
        names.comeBack()
        await cluster.run(for: .seconds(30))
        #expect(cluster.tables.journal.isEmpty, "not even of one whose agent is dead")
        cluster.startAgent(try NodeID("node2"))
        await cluster.run(for: .seconds(5))
        names.goAway()
        await cluster.run(for: .seconds(120))
        #expect(cluster.tables.journal.isEmpty, "whoever reports is judged by itself")
        #expect(cluster.publishers[0].table.nodes.allSatisfy { $0.isReachable }, "and is reached where it was")
    }
}

@Suite("A name's new and other addresses")
struct NewAddressTests {
    let names = NameServer()

    private func settled() async throws -> VirtualCluster {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: 3)
        names.point("node1", at: 0x7F00_0001)
        names.point("node2", at: 0x7F00_0002)
        cluster.addBalancer(lookup: names.lookup)
        await cluster.run(for: .seconds(12))
        return cluster
    }

    private func isUp(_ cluster: VirtualCluster, at octets: UInt32) -> Bool {
        let node = cluster.publishers[0].table.nodes[1]
        return node.address == .ipv4(octets: octets, port: 3001) && node.isReachable
    }

    @Test(
        "a node is up again within 3 s of its name's new address, however long the old one has refused",
        arguments: [Duration.zero, .seconds(1), .seconds(5), .seconds(61.7)])
    func newAddress(after span: Duration) async throws {
        let cluster = try await settled()
        cluster.fates.kill(at: 0x7F00_0002)
        await cluster.run(for: span)
        names.point("node2", at: 0x7F00_0009)
        let took = await cluster.run(upTo: .seconds(10)) { isUp(cluster, at: 0x7F00_0009) }
        #expect(try #require(took) <= .seconds(3))
    }

    @Test("a client's refused connect asks the resolver at once, and no name is asked for more than once a second")
    func pace() async throws {
        let cluster = try await settled()
        cluster.fates.kill(at: 0x7F00_0002)
        let before = names.asked("node2")
        for _ in 0..<300 {
            cluster.publishers[0].table.nodes[1].traffic.connectFailed()
            await cluster.tick()
            if cluster.time.elapsed == .seconds(12.1) { #expect(names.asked("node2") == before + 1) }
        }
        #expect((25...31).contains(names.asked("node2") - before))
        #expect(names.asked("node1") <= 8)
    }

    @Test("every address of a name is tried, and the one that answers is the node's", arguments: [1, 2, 5] as [UInt32])
    func several(dead: UInt32) async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: 3)
        let server = NameServer()
        server.point("node1", at: 0x7F00_0001)
        let deaths = (0..<dead).map { 0x7F00_0010 + $0 }
        for octets in deaths { cluster.fates.kill(at: octets) }
        server.point("node2", atEachOf: deaths + [0x7F00_0002])
        cluster.addBalancer(lookup: server.lookup)
        await cluster.run(for: .seconds(1))
        #expect(isUp(cluster, at: 0x7F00_0002))
        cluster.fates.revive(at: 0x7F00_0010)
        await cluster.run(for: .seconds(60))
        #expect(isUp(cluster, at: 0x7F00_0002), "one that works is kept")
        cluster.fates.kill(at: 0x7F00_0002)
        let took = await cluster.run(upTo: .seconds(10)) { isUp(cluster, at: 0x7F00_0010) }
        #expect(try #require(took) <= .seconds(3))
    }
}

import ClusterCore
import RepeatableRandom
import Synchronization
import Testing

@Suite("Choosing between nodes, and passing over those that refuse")
struct SelectionTests {
    static let second: UInt64 = 1_000_000_000

    private func load(_ standing: NodeStanding, _ monitors: Int = 0, _ connections: Int = 0) -> NodeLoad {
        NodeLoad(standing: standing, monitorCount: monitors, openConnections: connections)
    }

    private func best(_ loads: [NodeLoad], weight: Double = 0, tried: Set<Int> = []) -> Int? {
        SelectionPolicy(connectionWeight: weight).best(
            count: loads.count, load: { loads[$0] }, isTried: { tried.contains($0) })
    }

    @Test("the fewest monitors win; then the fewest connections; then the first")
    func order() {
        #expect(best([load(.preferred, 9), load(.preferred, 3), load(.preferred, 5)]) == 1)
        #expect(best([load(.preferred, 3, 7), load(.preferred, 3, 2)]) == 1)
        #expect(best([load(.preferred, 3, 2), load(.preferred, 3, 2)]) == 0)
    }

    @Test("connections weigh as much as they are told to")
    func weight() {
        let loads = [load(.preferred, 10, 0), load(.preferred, 0, 20)]
        #expect(best(loads) == 1)
        #expect(best(loads, weight: 1) == 0)
    }

    @Test("a better standing wins over any load, down to the node that may be dead; one without an address never does")
    func standings() {
        let tiers: [NodeStanding] = [.preferred, .full, .lastResort, .ejected, .doubtful]
        for (better, worse) in zip(tiers, tiers.dropFirst()) {
            #expect(best([load(worse), load(better, 900, 900)]) == 1)
        }
        #expect(best([load(.impossible), load(.doubtful, 9)]) == 1)
        #expect(best([load(.impossible)]) == nil)
        #expect(best([]) == nil)
    }

    @Test("what was tried is not tried again")
    func tried() {
        let loads = [load(.preferred, 1), load(.preferred, 2), load(.doubtful)]
        #expect(best(loads, tried: [0]) == 1)
        #expect(best(loads, tried: [0, 1]) == 2)
        #expect(best(loads, tried: [0, 1, 2]) == nil)
    }

    @Test("a node's standing follows from its row, our own probes and the ejection")
    func nodeStanding() throws {
        func standing(
            status: NodeStatus = .online, admin: AdminState = .active, reachable: Bool = true, monitors: Int = 0,
            ejected: Bool = false, hasAddress: Bool = true
        ) throws -> NodeStanding {
            RoutingNode(
                id: try NodeID("a"), hostName: "a", address: hasAddress ? .ipv4(octets: 1, port: 1) : nil,
                status: status, effects: admin.effects, isReachable: reachable, isPrimary: false,
                monitorCount: monitors, traffic: NodeTraffic()
            ).standing(monitorLimit: 100, isEjected: ejected)
        }
        #expect(try standing() == .preferred)
        #expect(try standing(monitors: 100) == .full)
        #expect(try standing(admin: .drain) == .lastResort)
        #expect(try standing(admin: .drain, ejected: true) == .ejected)
        #expect(try standing(admin: .maintenance) == .doubtful)
        #expect(try standing(reachable: false) == .doubtful)
        #expect(try standing(reachable: false, ejected: true) == .shunned)
        #expect(try standing(status: .offline, reachable: true) == .doubtful, "its connections are reset")
        #expect(try standing(status: .recovering, reachable: true) == .preferred, "routing follows what we can reach")
        #expect(try standing(hasAddress: false) == .impossible)
    }

    @Test("an ejection lasts half a second at first, doubles with each further failure, and never exceeds 33 s")
    func ejection() {
        let traffic = NodeTraffic()
        var now = Self.second
        for expected in [0.5, 1, 2, 4, 8, 16, 30, 30, 30] {
            traffic.eject(now: now, draw: 0.5)
            let span = UInt64(expected * 1e9)
            #expect(traffic.isEjected(now: now + span - 1))
            #expect(!traffic.isEjected(now: now + span))
            now += span
        }
        #expect(traffic.ejections.load(ordering: .relaxed) == 9)
        traffic.eject(now: now, draw: 1)
        #expect(!traffic.isEjected(now: now + 33 * Self.second))
    }

    @Test("failures while ejected are the same outage; one success ends it")
    func oneOutage() {
        let traffic = NodeTraffic()
        for _ in 0..<100 { traffic.eject(now: Self.second, draw: 0.5) }
        #expect(!traffic.isEjected(now: Self.second + Self.second / 2))
        traffic.eject(now: 2 * Self.second, draw: 0.5)
        #expect(traffic.isEjected(now: 2 * Self.second + Self.second / 2), "the second ejection is the longer one")
        traffic.connectSucceeded()
        #expect(!traffic.isEjected(now: 2 * Self.second))
        traffic.eject(now: 2 * Self.second, draw: 0.5)
        #expect(!traffic.isEjected(now: 2 * Self.second + Self.second / 2), "and it starts from the beginning")
    }

    @Test("a node's share rises evenly over the slow start, and is whole without one")
    func slowStartShare() {
        let slowStart = SlowStart(over: .seconds(10))
        let since = 5 * Self.second
        let moments: [UInt64] = [4, 5, 6, 10, 15, 99]
        #expect(
            moments.map { slowStart.share(since: since, now: $0 * Self.second) } == [0, 0, 0.1, 0.5, 1, 1])
        #expect(slowStart.share(since: nil, now: since) == 1)
        #expect(SlowStart(over: .zero).share(since: since, now: since) == 1)
    }

    private func choose(
        _ loads: [NodeLoad], shares: [Double], draw: Double, tried: Set<Int> = []
    ) -> Int? {
        SelectionPolicy(connectionWeight: 1).choose(
            count: loads.count, load: { loads[$0] }, isTried: { tried.contains($0) }, share: { shares[$0] },
            draw: { draw })
    }

    @Test("a new node is chosen as often as its share says; else the best of those that have their whole share")
    func slowStart() {
        let loads = [load(.preferred, 0, 0), load(.preferred, 0, 60), load(.preferred, 0, 50)]
        let shares = [0.25, 1, 1]
        #expect(choose(loads, shares: shares, draw: 0.24) == 0)
        #expect(choose(loads, shares: shares, draw: 0.26) == 2)
        #expect(choose(loads, shares: shares, draw: 0.26, tried: [2]) == 1)
        #expect(choose(loads, shares: shares, draw: 0.99, tried: [1, 2]) == 0, "nobody else is left")
        #expect(choose(loads, shares: [0, 1, 1], draw: 0) == 2, "no share yet")
        #expect(choose(loads, shares: [1, 0, 0], draw: 0.99) == 0, "new nodes that are not the best change nothing")
        #expect(choose([], shares: [], draw: 0) == nil)
    }

    @Test("nodes that are all as new as each other share by load alone; a node of a worse standing takes nothing")
    func slowStartOfAll() {
        let loads = [load(.preferred, 0, 0), load(.preferred, 0, 60)]
        #expect(choose(loads, shares: [0.1, 0.1], draw: 0.99) == 0)
        #expect(choose(loads, shares: [0, 0], draw: 0.99) == 0)
        #expect(choose(loads, shares: [0.2, 0.4], draw: 0.49) == 0, "half as new, half as often")
        #expect(choose(loads, shares: [0.2, 0.4], draw: 0.51) == 1)
        #expect(choose([loads[0], load(.lastResort)], shares: [0, 1], draw: 0.99) == 0)
        #expect(choose([loads[0], load(.doubtful)], shares: [0, 1], draw: 0.99) == 0)
    }

    @Test("over the whole slow start a new node takes half of what it would have taken")
    func slowStartOnTheWhole() {
        var random = SeededRandom(seed: 7)
        let loads = [load(.preferred, 0, 0), load(.preferred, 0, 60)]
        let slowStart = SlowStart(over: .seconds(10))
        let chosen = (0..<10_000).count { step in
            let share = slowStart.share(since: 1, now: 1 + UInt64(step) * Self.second / 1000)
            let draw = Double.random(in: 0..<1, using: &random)
            return choose(loads, shares: [share, 1], draw: draw) == 0
        }
        #expect((4_700...5_300).contains(chosen), "\(chosen) of 10 000")
    }

    @Test("set-up belongs to the primary node, else to node1, else to the lowest id")
    func primary() throws {
        func table(_ ids: [String], primary: String? = nil) throws -> RoutingTable {
            RoutingTable(
                generation: 1, isSetupPending: true,
                nodes: try ids.map {
                    RoutingNode(
                        id: try NodeID($0), hostName: $0, address: nil, status: .online,
                        effects: AdminState.active.effects, isReachable: true, isPrimary: $0 == primary,
                        monitorCount: 0, traffic: NodeTraffic())
                }, monitorLimit: 1)
        }
        #expect(try table(["a", "node1", "z"], primary: "z").primaryNode?.id.text == "z")
        #expect(try table(["a", "node1", "z"]).primaryNode?.id.text == "node1")
        #expect(try table(["a", "z"]).primaryNode?.id.text == "a")
        #expect(try table([]).primaryNode == nil)
    }

    @Test("a published table replaces an older one only, and wakes everybody")
    func publishing() {
        let publisher = RoutingTablePublisher()
        let counter = WakeCounter()
        publisher.subscribe { counter.count.add(1, ordering: .relaxed) }
        publisher.subscribe { counter.count.add(1, ordering: .relaxed) }
        func table(_ generation: UInt64) -> RoutingTable {
            RoutingTable(generation: generation, isSetupPending: false, nodes: [], monitorLimit: Int(generation))
        }
        publisher.publish(table(2))
        publisher.publish(table(1))
        publisher.publish(table(2))
        #expect(publisher.generation == 2)
        #expect(publisher.table.monitorLimit == 2)
        #expect(counter.count.load(ordering: .relaxed) == 2)
    }

    private final class WakeCounter: Sendable {
        let count = Atomic<Int>(0)
    }
}

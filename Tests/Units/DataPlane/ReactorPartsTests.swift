import ClusterCore
import RepeatableRandom
import Synchronization
import Testing

@testable import DataPlane

@Suite("Deadlines, tokens, waiting bytes and the node directory")
struct ReactorPartsTests {
    static let second: UInt64 = 1_000_000_000

    private func due(_ wheel: inout DeadlineWheel, at now: UInt64) -> [Int] {
        var slots: [Int] = []
        while let slot = wheel.next(now: now) { slots.append(slot) }
        return slots.sorted()
    }

    @Test("A deadline is due soon after its time, never before it, and once")
    func deadlines() {
        var wheel = DeadlineWheel(capacity: 8, now: 5 * Self.second)
        #expect(wheel.waitMilliseconds(now: 5 * Self.second) == -1)
        wheel.arm(1, at: 7 * Self.second)
        wheel.arm(2, at: 8 * Self.second)
        #expect(due(&wheel, at: 7 * Self.second - 1).isEmpty)
        #expect(due(&wheel, at: 7 * Self.second + Self.second / 10) == [1])
        #expect(due(&wheel, at: 7 * Self.second + Self.second / 5).isEmpty)
        wheel.disarm(2)
        #expect(due(&wheel, at: 20 * Self.second).isEmpty)
        #expect(wheel.armedCount == 0)
    }

    @Test("A deadline may be moved both ways, and lie a day ahead")
    func moving() {
        var wheel = DeadlineWheel(capacity: 8, now: 0)
        wheel.arm(0, at: 10 * Self.second)
        wheel.arm(0, at: 100_000 * Self.second)
        wheel.arm(1, at: 60 * Self.second)
        wheel.arm(1, at: 2 * Self.second)
        #expect(due(&wheel, at: 3 * Self.second) == [1])
        for time in stride(from: 4, to: 99_990, by: 30) { #expect(due(&wheel, at: UInt64(time) * Self.second).isEmpty) }
        #expect(due(&wheel, at: 100_001 * Self.second) == [0])
    }

    @Test("After a sleep longer than the wheel's turn everything that is due comes out")
    func longSleep() {
        var wheel = DeadlineWheel(capacity: 100, now: 0)
        for slot in 0..<100 { wheel.arm(slot, at: UInt64(slot + 1) * 10 * Self.second) }
        #expect(due(&wheel, at: 500 * Self.second + Self.second / 2) == Array(0..<50))
        #expect(wheel.armedCount == 50)
    }

    @Test("Waiting as long as the wheel says, again and again, meets every deadline: no wait overshoots by a tick")
    func waits() {
        var generator = SeededRandom(seed: 42)
        var wheel = DeadlineWheel(capacity: 200, now: 0)
        var deadlines: [Int: UInt64] = [:]
        for slot in 0..<200 {
            deadlines[slot] = UInt64.random(in: 1...(300 * Self.second), using: &generator)
            wheel.arm(slot, at: deadlines[slot] ?? 0)
        }
        var now: UInt64 = 0
        while !deadlines.isEmpty {
            now += UInt64(wheel.waitMilliseconds(now: now)) * 1_000_000
            for slot in due(&wheel, at: now) {
                let deadline = deadlines.removeValue(forKey: slot) ?? 0
                #expect(deadline <= now)
                #expect(now - deadline < Self.second / 5)
            }
        }
    }

    @Test("A token gives back what was put into it", arguments: [0, 1, 1 << 24, (1 << 30) - 1])
    func tokens(index: Int) {
        for role in [EventToken.Role.client, .upstream, .listener, .wake] {
            let token = EventToken(bits: EventToken(role: role, index: index, generation: 0xFFFF_FFF0).bits)
            #expect(token.role == role)
            #expect(token.index == index)
            #expect(token.generation == 0xFFFF_FFF0)
        }
    }

    @Test("Waiting bytes come out as they went in, however they are taken")
    func pendingBytes() {
        var pending = PendingBytes()
        var expected: [UInt8] = []
        for round in 0..<200 {
            let piece = (0..<(round * 7 % 900)).map { UInt8(truncatingIfNeeded: $0 &+ round) }
            piece.withUnsafeBytes { pending.append($0) }
            expected += piece
            let taken = min(expected.count, round * 5 % 700)
            pending.removeFirst(taken)
            expected.removeFirst(taken)
            #expect(Array(pending.bytes) == expected)
        }
        pending.removeAll()
        let isEmpty = pending.isEmpty
        #expect(isEmpty)
    }

    @Test("A connection costs no more than half a KiB of user memory while it waits")
    func connectionSize() {
        #expect(MemoryLayout<Connection>.stride <= 512, "\(MemoryLayout<Connection>.stride) bytes")
    }

    private func node(
        _ id: String, traffic: NodeTraffic, reachable: Bool = true, monitors: Int = 0, admin: AdminState = .active
    ) throws -> RoutingNode {
        RoutingNode(
            id: try NodeID(id), hostName: "host\r\nof-\(id)", address: .ipv4(octets: 1, port: 1), status: .online,
            effects: admin.effects, isReachable: reachable, isPrimary: false, monitorCount: monitors, traffic: traffic)
    }

    @Test("A node keeps its place from table to table while connections refer to it; lost ones are named once")
    func directory() throws {
        let traffic = (0..<3).map { _ in NodeTraffic() }
        let directory = NodeDirectory(policy: SelectionPolicy(connectionWeight: 0))
        func table(_ generation: UInt64, _ nodes: [RoutingNode]) -> RoutingTable {
            RoutingTable(generation: generation, isSetupPending: false, nodes: nodes, monitorLimit: 100)
        }
        #expect(
            directory.update(to: table(1, [try node("b", traffic: traffic[0]), try node("c", traffic: traffic[1])]))
                .isEmpty)
        directory.refer(to: 0)
        #expect(traffic[0].openConnections.load(ordering: .relaxed) == 1)
        let lost = directory.update(
            to: table(2, [try node("a", traffic: traffic[2]), try node("c", traffic: traffic[1])]))
        #expect(lost == [0], "b left the table")
        #expect(directory.entries.map(\.id.text) == ["b", "c", "a"], "and keeps its place")
        #expect(
            directory.choose(pin: .none, sticky: 0, tried: TriedNodes(), now: 1)?.node == 2,
            "a: the lower id wins a tie")
        directory.forget(0)
        #expect(
            directory.update(to: table(3, [try node("a", traffic: traffic[2]), try node("d", traffic: NodeTraffic())]))
                == [1])
        #expect(directory.entries.map(\.id.text) == ["d", "c", "a"], "a place nobody remembers is used again")
        #expect(Array("d".utf8).withUnsafeBytes { directory.pin($0) } == .valid(0))
        #expect(Array("c".utf8).withUnsafeBytes { directory.pin($0) } == .stale)
        let line = String(decoding: directory.entries[0].routedByPin, as: UTF8.self)
        let node = directory.entries[0].id.text
        let expected = "X-Routed-Via: fixed-node\r\nX-Routed-To: hostof-d\r\nX-Routed-Node: \(node)\r\n"
        #expect(line == expected, "line breaks never reach a head")
    }

    @Test(
        "Among many nodes, too, the least loaded is chosen: own connections count at once, others' within a round of looks"
    )
    func manyNodes() throws {
        let traffic = (0..<100).map { _ in NodeTraffic() }
        let directory = NodeDirectory(policy: SelectionPolicy(connectionWeight: 1))
        let nodes = try traffic.enumerated().map { try node("n\(100 + $0)", traffic: $1, monitors: 5) }
        _ = directory.update(
            to: RoutingTable(generation: 1, isSetupPending: false, nodes: nodes, monitorLimit: 100))
        func choose(tried: TriedNodes = TriedNodes()) -> Int? {
            directory.choose(pin: .none, sticky: -1, tried: tried, now: 1)?.node
        }
        // Each choice is a connection: everybody has one before anybody has two.
        for round in 1...3 {
            for expected in 0..<100 {
                let chosen = try #require(choose())
                #expect(chosen == expected)
                directory.refer(to: chosen)
            }
            #expect(traffic.allSatisfy { $0.openConnections.load(ordering: .relaxed) == round })
        }
        var tried = TriedNodes()
        tried.insert(0)
        #expect(choose(tried: tried) == 1)
        // Another reactor's clients leave node 57.
        traffic[57].openConnections.store(0, ordering: .relaxed)
        #expect((0..<13).map { _ in choose() }.last == 57)
        directory.connectFailed(57, now: 1, draw: 0.5)
        #expect(choose() == 0, "an ejected one is passed over")
        #expect(
            (0..<14).map { _ in directory.choose(pin: .none, sticky: -1, tried: TriedNodes(), now: 2_000_000_000)?.node
            }
            .last == 57, "until that is over")
    }
}

extension ReactorPartsTests {
    @Test("A refused connect ejects a node while another could serve, and never the last one")
    func lastRoutableNode() throws {
        let traffic = (0..<3).map { _ in NodeTraffic() }
        let directory = NodeDirectory(policy: SelectionPolicy(connectionWeight: 0))
        let nodes = try zip(["a", "b", "c"], traffic).map { try node($0, traffic: $1, reachable: $0 != "c") }
        _ = directory.update(
            to: RoutingTable(generation: 1, isSetupPending: false, nodes: nodes, monitorLimit: 100))
        directory.connectFailed(0, now: 1, draw: 0.5)
        directory.connectFailed(1, now: 2, draw: 0.5)
        #expect(traffic[0].isEjected(now: 3))
        #expect(!traffic[1].isEjected(now: 3), "c cannot be reached, a is ejected")
        #expect(traffic.map { $0.connectFailures.load(ordering: .relaxed) } == [1, 1, 0], "the prober looks at both")
        directory.connectFailed(1, now: 2_000_000_000, draw: 0.5)
        #expect(traffic[1].isEjected(now: 2_000_000_001), "a is back")
    }

    @Test("What can be sent only once passes over shaken nodes, but for a pin's, and while another one could serve")
    func shakenNodes() throws {
        let traffic = (0..<3).map { _ in NodeTraffic() }
        let directory = NodeDirectory(policy: SelectionPolicy(connectionWeight: 0))
        let nodes = try zip(["a", "b", "c"], traffic).map {
            try node($0, traffic: $1, reachable: $0 != "c", monitors: $0 == "a" ? 0 : 5)
        }
        _ = directory.update(
            to: RoutingTable(generation: 1, isSetupPending: false, nodes: nodes, monitorLimit: 100))
        func choose(
            _ resending: NodeDirectory.Resending, pin: NodeDirectory.Pin = .none, sticky: Int = -1, now: UInt64 = 1
        ) -> Int? {
            directory.choose(pin: pin, sticky: sticky, tried: TriedNodes(), resending, now: now)?.node
        }
        #expect(choose(.impossible) == 0)
        traffic[0].brokeOff(shakenUntil: 10)
        #expect(choose(.impossible) == 1)
        #expect(choose(.impossible, sticky: 0) == 1, "its clients move")
        #expect(choose(.impossible, pin: .valid(0)) == 0, "what is pinned stays")
        #expect(choose(.possible) == 0)
        #expect(choose(.possible, sticky: 0) == 0)
        #expect(choose(.impossible, sticky: 0, now: 10) == 0, "until it is over")
        traffic[1].brokeOff(shakenUntil: 10)
        #expect(choose(.impossible) == 0, "a shaken node before one that cannot be reached")
        #expect(choose(.impossible, sticky: 1) == 1, "both are shaken: its clients stay")
    }

    @Test("No client is led to a draining node because the other one is shaken: it would stay there")
    func shakenBesideDraining() throws {
        let traffic = (0..<2).map { _ in NodeTraffic() }
        let directory = NodeDirectory(policy: SelectionPolicy(connectionWeight: 0))
        let nodes = try zip(["a", "b"], traffic).map { try node($0, traffic: $1, admin: $0 == "b" ? .drain : .active) }
        _ = directory.update(
            to: RoutingTable(generation: 1, isSetupPending: false, nodes: nodes, monitorLimit: 100))
        traffic[0].brokeOff(shakenUntil: 10)
        for sticky in [-1, 0] {
            let choice = directory.choose(pin: .none, sticky: sticky, tried: TriedNodes(), .impossible, now: 1)
            #expect(choice?.node == 0)
        }
    }

    @Test("A draining node that could serve lets the last active one be ejected, and is not ejected as the last")
    func lastDrainingNode() throws {
        let traffic = (0..<2).map { _ in NodeTraffic() }
        let directory = NodeDirectory(policy: SelectionPolicy(connectionWeight: 0))
        let nodes = try zip(["a", "b"], traffic).map { try node($0, traffic: $1, admin: $0 == "b" ? .drain : .active) }
        _ = directory.update(
            to: RoutingTable(generation: 1, isSetupPending: false, nodes: nodes, monitorLimit: 100))
        directory.connectFailed(0, now: 1, draw: 0.5)
        #expect(traffic[0].isEjected(now: 2), "b would serve its clients")
        directory.connectFailed(1, now: 2, draw: 0.5)
        #expect(!traffic[1].isEjected(now: 3))
    }
}

@Suite("Counting clients")
struct ClientCensusTests {
    @Test("Each client has its share; nothing is remembered of one that has gone")
    func share() {
        let census = ClientCensus(limit: 2)
        let (one, other) = (IPAddress(ipv4: 1), IPAddress(ipv4: 2))
        #expect([census.enter(one), census.enter(one), census.enter(one)] == [.admitted, .admitted, .turnedAway])
        #expect(census.enter(other) == .admitted)
        census.leave(one)
        #expect(census.enter(one) == .admitted)
        census.leave(one)
        census.leave(one)
        census.leave(other)
        #expect(census.clientCount == 0)
    }

    @Test("The addresses of one IPv6 /64 are one client; IPv4 addresses are each their own")
    func networks() {
        let census = ClientCensus(limit: 1)
        #expect(census.enter(IPAddress(high: 0x2001_0DB8_0000_0001, low: 1)) == .admitted)
        #expect(census.enter(IPAddress(high: 0x2001_0DB8_0000_0001, low: 2)) == .turnedAway)
        #expect(census.enter(IPAddress(high: 0x2001_0DB8_0000_0002, low: 1)) == .admitted)
        #expect(census.enter(IPAddress(ipv4: 1)) == .admitted)
        #expect(census.enter(IPAddress(ipv4: 2)) == .admitted)
    }

    @Test("Without a limit nothing is counted")
    func unlimited() {
        let census = ClientCensus(limit: 0)
        #expect(census.enter(IPAddress(ipv4: 1)) == .unlimited)
        #expect(census.clientCount == 0)
    }
}

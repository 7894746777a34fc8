import ClusterCore
import ClusterStore
import Testing

@Suite("Lease, speaker and moves")
struct LeaderContractTests {
    @Test("The lease has one holder; each change of holder raises the epoch", arguments: StoreKind.allCases)
    func lease(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let (one, two) = (BalancerID(text: "one"), BalancerID(text: "two"))
        let first = try await cluster.store.lead("one")
        #expect(
            try await cluster.store.acquireLease(holder: one, ttl: .seconds(10)) == .held(first, isNew: false))
        guard
            case .heldByOther(one, first.epoch, let expiresIn) = try await cluster.store.acquireLease(
                holder: two, ttl: .seconds(10))
        else {
            Issue.record("two leaders")
            return
        }
        #expect(expiresIn > .seconds(5) && expiresIn <= .seconds(10))
        try await cluster.age(by: .seconds(11))
        let second = Lease(holder: two, epoch: first.epoch + 1)
        #expect(
            try await cluster.store.acquireLease(holder: two, ttl: .seconds(10)) == .held(second, isNew: true))
        try await cluster.store.releaseLease(first)
        #expect(
            try await cluster.store.acquireLease(holder: two, ttl: .seconds(10)) == .held(second, isNew: false))
        try await cluster.store.releaseLease(second)
        #expect(try await cluster.store.lead("one").epoch == second.epoch + 1)
    }

    @Test(
        "A leader whose own lease ran out takes it again in a new epoch; what it sent before has no effect",
        arguments: StoreKind.allCases
    )
    func expiredOwn(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let lease = try await cluster.store.lead()
        try await cluster.age(by: .seconds(11))
        await #expect(throws: StoreError.leaseLost) {
            try await cluster.store.speak(.verdict(.offline, of: try node("node1")), under: lease)
        }
        let again = Lease(holder: lease.holder, epoch: lease.epoch + 1)
        #expect(
            try await cluster.store.acquireLease(holder: lease.holder, ttl: .seconds(10)) == .held(again, isNew: true))
        #expect(
            try await cluster.store.acquireLease(holder: lease.holder, ttl: .seconds(10)) == .held(again, isNew: false))
        await #expect(throws: StoreError.leaseLost) {
            try await cluster.store.speak(.verdict(.offline, of: try node("node1")), under: lease)
        }
        await #expect(throws: StoreError.leaseLost) {
            try await cluster.store.move([.failover(1, from: "node1", to: try node("node2"))], under: lease)
        }
    }

    @Test(
        "A lease that ends later than one TTL from now is void: the clock stepped back", arguments: StoreKind.allCases)
    func clockSteppedBack(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let first = try await cluster.store.lead("one")
        try await cluster.age(by: .seconds(-3_600))
        let two = BalancerID(text: "two")
        let second = Lease(holder: two, epoch: first.epoch + 1)
        #expect(try await cluster.store.acquireLease(holder: two, ttl: .seconds(10)) == .held(second, isNew: true))
        await #expect(throws: StoreError.leaseLost) {
            try await cluster.store.speak(.verdict(.offline, of: try node("node1")), under: first)
        }
        try await cluster.age(by: .seconds(-3_600))
        let third = Lease(holder: two, epoch: second.epoch + 1)
        #expect(try await cluster.store.acquireLease(holder: two, ttl: .seconds(10)) == .held(third, isNew: true))
    }

    @Test("A balancer speaks for a silent node only, and does not end its silence", arguments: StoreKind.allCases)
    func speaks(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        let lease = try await cluster.store.lead()
        _ = try await cluster.store.report(.beat(id))
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: lease) == false)
        #expect(try await cluster.store.node(id)?.status == .online)
        try await cluster.age(by: .seconds(9))
        let again = try await cluster.store.lead()
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: again))
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: again))
        let record = try #require(try await cluster.store.node(id))
        #expect(record.status == .offline)
        #expect(try #require(record.reportAge) > .seconds(8))
        #expect(try #require(record.statusAge) < .seconds(5))
        #expect(record.agentDetail == "refused")
        _ = try await cluster.store.report(.beat(id))
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: again) == false)
        try await cluster.store.detach(id, instance: AgentInstance(text: "a"))
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: again))
        #expect(try await cluster.store.speak(.verdict(.offline, of: try node("nobody")), under: again) == false)
        try await cluster.retire(id)
        #expect(try await cluster.store.speak(.verdict(.online, of: id), under: again) == false)
    }

    @Test(
        "A move writes the override and the journal, and a return restores the beginning", arguments: StoreKind.allCases
    )
    func moveAndReturn(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let (two, three) = (try node("node2"), try node("node3"))
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: reference("node1")))
        try await cluster.put(
            MonitorAssignment(id: MonitorID(2), home: reference("node9"), assigned: reference("node1")))
        try await cluster.put(MonitorAssignment(id: MonitorID(3), home: reference("node3")))
        let lease = try await cluster.store.lead()
        let moved = try await cluster.store.move(
            [
                .failover(1, from: "node1", to: two), .failover(2, from: "node1", to: two),
                .failover(3, from: "node1", to: two), .failover(4, from: "node1", to: two),
            ], under: lease)
        #expect(moved == [MonitorID(1), MonitorID(2)])
        #expect(try await cluster.monitor(MonitorID(1))?.assigned == reference("node2"))
        #expect(try await cluster.monitor(MonitorID(3))?.assigned == nil)
        // node2 dies as well: the second move carries what the first one found.
        #expect(try await cluster.store.move([.failover(2, from: "node2", to: three)], under: lease) == [MonitorID(2)])
        let open = try await cluster.store.openMoves()
        #expect(open.map(\.monitor) == [MonitorID(1), MonitorID(2)])
        #expect(open.map(\.from.text) == ["node1", "node1"])
        #expect(open.map(\.to.text) == ["node2", "node3"])
        #expect(open.map(\.previousAssigned) == [nil, reference("node1")])
        #expect(try await cluster.store.returnHome(open, under: lease) == [MonitorID(1), MonitorID(2)])
        #expect(try await cluster.monitor(MonitorID(1))?.assigned == nil)
        #expect(try await cluster.monitor(MonitorID(2))?.assigned == reference("node1"))
        #expect(try await cluster.store.openMoves().isEmpty)
        #expect(try await cluster.store.returnHome(open, under: lease).isEmpty)
    }

    @Test("What a person set after a move stands; the entry is closed", arguments: StoreKind.allCases)
    func personWins(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let two = try node("node2")
        for id in Int64(1)...3 { try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("node1"))) }
        let lease = try await cluster.store.lead()
        _ = try await cluster.store.move((1...3).map { .failover($0, from: "node1", to: two) }, under: lease)
        try await cluster.assign(MonitorID(1), to: reference("node5"))
        try await cluster.removeMonitor(MonitorID(2))
        let open = try await cluster.store.openMoves()
        #expect(try await cluster.store.returnHome(open, under: lease) == [MonitorID(3)])
        #expect(try await cluster.monitor(MonitorID(1))?.assigned == reference("node5"))
        #expect(try await cluster.store.openMoves().isEmpty)
    }

    @Test("A move away from a person's choice remembers that choice", arguments: StoreKind.allCases)
    func personThenFailover(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let (two, three) = (try node("node2"), try node("node3"))
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: reference("node1")))
        let lease = try await cluster.store.lead()
        _ = try await cluster.store.move([.failover(1, from: "node1", to: two)], under: lease)
        try await cluster.assign(MonitorID(1), to: reference("node5"))
        _ = try await cluster.store.move([.failover(1, from: "node5", to: three)], under: lease)
        let open = try await cluster.store.openMoves()
        #expect(open.map(\.from.text) == ["node5"])
        #expect(open.map(\.previousAssigned) == [reference("node5")])
    }

    @Test(
        "A rebalance leaves no open entry; only what is settled is forgotten, and no monitor changes by it",
        arguments: StoreKind.allCases)
    func forgets(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let two = try node("node2")
        for id in Int64(1)...5 { try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("node1"))) }
        let lease = try await cluster.store.lead()
        _ = try await cluster.store.move(
            [
                PlannedMove(monitor: MonitorID(1), from: reference("node1"), to: two, reason: .rebalance),
                PlannedMove(monitor: MonitorID(2), from: reference("node1"), to: two, reason: .maintenance),
            ] + (3...5).map { .failover($0, from: "node1", to: two) }, under: lease)
        let open = try await cluster.store.openMoves()
        #expect(open.map(\.monitor.number) == [2, 3, 4, 5])
        try await cluster.assign(MonitorID(2), to: reference("node3"))
        try await cluster.removeMonitor(MonitorID(3))
        try await cluster.put(MonitorAssignment(id: MonitorID(4), home: nil, assigned: reference("node2")))
        try await cluster.store.forgetMoves(open, under: lease)
        #expect(try await cluster.store.openMoves().map(\.monitor.number) == [5], "where we put it, with a home")
        #expect(try await cluster.monitor(MonitorID(2))?.assigned == reference("node3"))
        #expect(try await cluster.monitor(MonitorID(5))?.assigned == reference("node2"))
    }

    @Test("What lost its home while it was away stays where it runs", arguments: StoreKind.allCases)
    func homeless(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: reference("node1")))
        let lease = try await cluster.store.lead()
        _ = try await cluster.store.move([.failover(1, from: "node1", to: try node("node2"))], under: lease)
        let open = try await cluster.store.openMoves()
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: nil, assigned: reference("node2")))
        #expect(try await cluster.store.returnHome(open, under: lease).isEmpty)
        #expect(try await cluster.monitor(MonitorID(1))?.assigned == reference("node2"))
        #expect(try await cluster.store.openMoves().isEmpty)
    }

    @Test("An old leader writes nothing after a take-over", arguments: StoreKind.allCases)
    func fenced(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let (one, two) = (try node("node1"), try node("node2"))
        for id in Int64(1)...2 { try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("node1"))) }
        try await cluster.kumaStarts(one, host: "a:1")
        let old = try await cluster.store.lead("old")
        _ = try await cluster.store.move([.failover(1, from: "node1", to: two)], under: old)
        let open = try await cluster.store.openMoves()
        try await cluster.age(by: .seconds(11))
        _ = try await cluster.store.lead("new")
        await #expect(throws: StoreError.leaseLost) {
            try await cluster.store.move([.failover(2, from: "node1", to: two)], under: old)
        }
        await #expect(throws: StoreError.leaseLost) { try await cluster.store.returnHome(open, under: old) }
        await #expect(throws: StoreError.leaseLost) { try await cluster.store.forgetMoves(open, under: old) }
        await #expect(throws: StoreError.leaseLost) {
            try await cluster.store.speak(.verdict(.offline, of: one), under: old)
        }
        #expect(try await cluster.monitor(MonitorID(2))?.assigned == nil)
        #expect(try await cluster.monitor(MonitorID(1))?.assigned == reference("node2"))
        #expect(try await cluster.store.openMoves() == open)
        #expect(try await cluster.store.node(one)?.status == .online)
    }

    @Test("A whole batch moves, and one more is refused", arguments: StoreKind.allCases)
    func batch(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let two = try node("node2")
        for id in 1...Int64(MoveLimits.batch) {
            try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("node1")))
        }
        let lease = try await cluster.store.lead()
        let moves = (1...Int64(MoveLimits.batch)).map { PlannedMove.failover($0, from: "node1", to: two) }
        #expect(try await cluster.store.move(moves, under: lease).count == MoveLimits.batch)
        #expect(try await cluster.store.monitors(runBy: two).count == MoveLimits.batch)
        await #expect(throws: StoreError.self) {
            try await cluster.store.move(moves + [.failover(9999, from: "node1", to: two)], under: lease)
        }
        let open = try await cluster.store.openMoves()
        #expect(try await cluster.store.returnHome(open, under: lease).count == MoveLimits.batch)
    }
}

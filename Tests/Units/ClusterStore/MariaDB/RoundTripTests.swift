import ClusterCore
import ClusterStore
import DelayingProxy
import Logging
import MariaDB
import PrivateMariaDB
import Testing

@Suite("Round trips to the database")
struct RoundTripTests {
    /// A store whose every word to the server is counted.
    private struct Counted {
        let cluster: MariaDBTestCluster
        let store: MariaDBClusterStore
        let proxy: DelayingProxy

        init(roundTrip: Duration = .milliseconds(4)) async throws {
            cluster = try await MariaDBTestCluster.make()
            _ = try await cluster.store.preparedSchema()
            proxy = try DelayingProxy(to: cluster.server.port, roundTrip: roundTrip)
            var options = cluster.server.rootOptions(database: cluster.database)
            options.endpoint = .hosts([Host("127.0.0.1", port: proxy.port)])
            store = MariaDBClusterStore(options, logger: Logger(label: "test"))
        }

        func cost<Result>(_ call: () async throws -> Result) async throws -> (Int, Result) {
            let before = proxy.turns
            let result = try await call()
            return (proxy.turns - before, result)
        }
    }

    @Test("A new connection is ready after three: the log-in, how the host is, and all of the session's settings")
    func connection() async throws {
        let counted = try await Counted()
        // The fourth is the question itself; its text was never prepared before.
        #expect(try await counted.cost { try await counted.store.openMoves() }.0 == 4)
        #expect(try await counted.cost { try await counted.store.openMoves() }.0 == 1)
    }

    @Test("What a pass asks when nothing happens is one each, also the first time")
    func steady() async throws {
        let counted = try await Counted()
        let store = counted.store
        _ = try await store.openMoves()
        #expect(try await counted.cost { try await store.poll() }.0 == 1)
        #expect(try await counted.cost { try await store.assignments() }.0 == 1)
        // A look with the lock, the row, the end.
        let (taken, lease) = try await counted.cost { try await store.lead() }
        #expect(taken == 3)
        let (renewed, again) = try await counted.cost { try await store.lead() }
        #expect(renewed == 1)
        #expect(again == lease)
        let (looked, answer) = try await counted.cost {
            try await store.acquireLease(holder: BalancerID(text: "two"), ttl: .seconds(10))
        }
        #expect(looked == 1)
        if case .heldByOther(lease.holder, lease.epoch, _) = answer {} else { Issue.record("\(answer)") }
        let me = BalancerPresence(id: BalancerID(text: "one"), address: "a", version: "v")
        #expect(try await counted.cost { try await store.announce(me) }.0 == 1)
        #expect(try await counted.cost { try await store.history(newest: 10) }.0 == 1)
    }

    @Test("A beat of an agent is one, and so is a look at its monitors")
    func agent() async throws {
        let counted = try await Counted()
        let id = try node("node1")
        try await counted.cluster.kumaStarts(id, host: "kuma:3001")
        _ = try await counted.store.node(id)
        for _ in 0..<2 { #expect(try await counted.cost { try await counted.store.report(.beat(id)) }.0 == 1) }
        #expect(try await counted.cost { try await counted.store.monitors(runBy: id) }.0 == 1)
    }

    @Test("A leader's transaction is two or three, whatever it moves and whether or not it did so before")
    func transactions() async throws {
        let counted = try await Counted()
        let (store, id, two) = (counted.store, try node("node1"), try node("node2"))
        try await counted.cluster.kumaStarts(id, host: "kuma:3001")
        for number in Int64(1)...3 {
            try await counted.cluster.put(MonitorAssignment(id: MonitorID(number), home: reference("node1")))
        }
        let lease = try await store.lead()
        let (spoken, isSaid) = try await counted.cost {
            try await store.speak(.verdict(.offline, of: id), under: lease)
        }
        #expect(isSaid)
        #expect(spoken == 2)
        #expect(
            try await counted.cost { try await store.record([ClusterEvent(.leaderElected, node: nil, detail: "")]) }.0
                == 2)
        let plan = (Int64(1)...3).map { PlannedMove.failover($0, from: "node1", to: two) }
        let (moving, moved) = try await counted.cost { try await store.move(plan, under: lease) }
        #expect(moved.count == 3)
        #expect(moving == 3)
        let open = try await store.openMoves()
        let (returning, returned) = try await counted.cost { try await store.returnHome(open, under: lease) }
        #expect(returned.count == 3)
        #expect(returning == 3)
    }
}

import ClusterCore
import ClusterStore
import Logging
import MariaDB
import PrivateMariaDB
import Testing
import Waiting

@Suite("A database in trouble")
struct DatabaseFaultTests {
    @Test("A killed and restarted server, and a frozen one, are transient errors; afterwards everything is there")
    func outage() async throws {
        let server = try await PrivateMariaDB.start()
        let cluster = try await MariaDBTestCluster.make(on: server)
        var options = server.rootOptions(database: cluster.database)
        options.readTimeout = .seconds(1)
        options.connectTimeout = .seconds(1)
        let store = MariaDBClusterStore(options, logger: Logger(label: "test"))
        // Not by the impatient one: a disk may need longer for that than its second.
        _ = try await cluster.store.preparedSchema()
        let id = try node("node1")
        #expect(try await cluster.store.report(.beat(id)).outcome == .registered)
        _ = try await untilItSucceeds(isTransient: \.isTransient) { () throws(StoreError) in try await store.poll() }
        await server.kill()
        do {
            _ = try await store.report(.beat(id))
            Issue.record("expected an error")
        } catch { #expect(error.isTransient) }
        try await server.restart()
        let answer = try await untilItSucceeds(isTransient: \.isTransient) { () throws(StoreError) in
            try await store.report(.beat(id))
        }
        #expect(answer.outcome == .written)
        await server.freeze()
        do {
            _ = try await store.poll()
            Issue.record("expected an error")
        } catch {
            if case .deadlineExceeded = error {} else { Issue.record("\(error)") }
        }
        server.thaw()
        let found = try await untilItSucceeds(isTransient: \.isTransient) { () throws(StoreError) in
            try await store.poll()
        }
        #expect(found.nodes.count == 1)
        await server.stop()
    }

    @Test("Of many balancers that race for the lease exactly one gets it")
    func race() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        // Each waits for all before it, and each of them for the disk.
        let options = cluster.options(lockWait: .seconds(30))
        for round in 1...5 {
            let winners = try await withThrowingTaskGroup(of: Lease?.self, returning: [Lease].self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let store = MariaDBClusterStore(options, logger: Logger(label: "test"))
                        let holder = BalancerID(text: "balancer\(number)-\(round)")
                        switch try await store.acquireLease(holder: holder, ttl: .seconds(10)) {
                        case .held(let lease, let isNew): return isNew ? lease : nil
                        case .heldByOther: return nil
                        }
                    }
                }
                return try await group.reduce(into: []) { winners, lease in winners += lease.map { [$0] } ?? [] }
            }
            #expect(winners.map(\.epoch) == [Int64(round)])
            try await cluster.age(by: .seconds(11))
        }
    }

    @Test("A leader frozen inside a transaction delays its successor, and its work vanishes")
    func frozenLeader() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        let old = try await cluster.store.lead("old")
        // The server ends a transaction whose client sends nothing: what a stopped process looks like to it.
        try await cluster.sql.execute("SET SESSION idle_transaction_timeout = 1")
        try await cluster.sql.execute("SET SESSION autocommit = 0")
        try await cluster.sql.execute(
            "UPDATE cluster_lease SET touches = touches + 1 WHERE epoch = ?", [.int(old.epoch)])
        let later = MariaDBClusterStore(
            cluster.server.rootOptions(database: cluster.database), logger: Logger(label: "test"))
        let answer = try await untilItSucceeds(isTransient: \.isTransient) { () throws(StoreError) in
            try await later.acquireLease(holder: old.holder, ttl: .seconds(10))
        }
        #expect(answer == .held(old, isNew: false))
    }

    @Test("The journal is bounded: the oldest closed entries go, open ones stay whatever their age")
    func journalBound() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        let closed: Statement = """
            INSERT INTO cluster_move (id, monitor_id, from_node, to_node, reason, epoch, moved_at, returned_at)
            VALUES (?, 1, 'a', 'b', 'failover', 1, NOW(3), IF(?, NULL, NOW(3)))
            """
        let newest = Int64(HistoryLimits.moves) + 10
        for (id, isOpen) in [(1, 0), (2, 1), (9, 0), (10, 0), (11, 0), (newest, 0)] as [(Int64, Int64)] {
            try await cluster.sql.execute(closed, [.int(id), .int(isOpen)])
        }
        let me = BalancerPresence(id: BalancerID(text: "one"), address: "a", version: "v")
        for _ in 0..<2 { try await cluster.store.announce(me) }
        #expect(try await cluster.store.moves(MoveQuery()).map(\.id) == [newest, 11, 2])
    }

    @Test("Events whose trimming fails are not in the history, so that recording them again doubles nothing")
    func trimming() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        try await cluster.sql.execute(
            """
            INSERT INTO cluster_event (at, kind, detail)
            SELECT NOW(3), 'node_online', 'old' FROM seq_1_to_10000
            """)
        try await cluster.sql.execute(
            """
            CREATE TRIGGER no_trimming BEFORE DELETE ON cluster_event FOR EACH ROW
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not now'
            """)
        let event = ClusterEvent(.nodeOffline, node: try node("node1"), detail: "new")
        for _ in 0..<2 {
            await #expect(throws: StoreError.self) { try await cluster.store.record([event]) }
        }
        try await cluster.sql.execute("DROP TRIGGER no_trimming")
        try await cluster.store.record([event])
        #expect(try await cluster.store.events(EventQuery(limit: 10)).count { $0.event.detail == "new" } == 1)
    }
}

import ClusterCore
import Logging
import MariaDB
import PrivateMariaDB
import Testing
import Waiting

@testable import ClusterStore

/// As mariadb-dump is: a transaction that has read Kuma's tables and goes on for long.
@Suite("A first start beside a long reader")
struct LongReaderTests {
    /// Reads `node` and keeps its transaction open.
    private func reader(of cluster: MariaDBTestCluster) async throws -> Connection {
        let reader = Connection(cluster.server.rootOptions(database: cluster.database))
        try await reader.execute("SET SESSION idle_transaction_timeout = 60, autocommit = 0")
        _ = try await reader.query("SELECT COUNT(*) AS n FROM node")
        return reader
    }

    @Test("keeps nobody waiting, is tried by one process at a time, ever more rarely, and succeeds afterwards")
    func dump() async throws {
        let cluster = try await MariaDBTestCluster.make()
        let dump = try await reader(of: cluster)
        // Whoever reads behind one that waits for a lock would wait as long.
        let options = cluster.options(lockWait: .seconds(20))
        let start = ContinuousClock.now
        let starting = (0..<4).map { _ in
            Task {
                let store = MariaDBClusterStore(options, logger: Logger(label: "test"))
                let report = try await untilItSucceeds(within: .seconds(60), isTransient: \.isTransient) {
                    () throws(StoreError) in try await store.prepareSchema()
                }
                await store.close()
                return report
            }
        }
        // Kuma's own reads, while four attempts come to nothing.
        var slowest = Duration.zero
        try await eventually("four attempts") {
            let asked = ContinuousClock.now
            _ = try await cluster.sql.query("SELECT COUNT(*) AS n FROM node")
            slowest = max(slowest, .now - asked)
            return try await attempts(on: cluster) ?? 0 >= 4
        }
        // 0.25, 0.5 and 1 s between them; without NOWAIT a read behind one of them gives up after its own two seconds at
        // the earliest, and fails.
        #expect(ContinuousClock.now - start > .milliseconds(1_600))
        #expect(slowest < .seconds(10), "\(slowest)")
        try await dump.execute("COMMIT")
        var added: [String] = []
        for process in starting { added += try await process.value.added }
        // Each names what its last attempt added: one before it can have altered `node`, and been refused `monitor`, which the
        // database itself uses for an instant after a change.
        #expect(!added.isEmpty)
        let columns = try await cluster.sql.query("SHOW COLUMNS FROM node LIKE 'last_report'")
        #expect(columns.count == 1)
        #expect(try await cluster.store.preparedSchema().added.isEmpty)
        #expect(try await attempts(on: cluster) == 0)
        await dump.close()
    }

    @Test("what a person is told to run waits for whoever reads for an instant, as an agent does")
    func persons() async throws {
        let cluster = try await MariaDBTestCluster.make()
        let person = Connection(cluster.server.rootOptions(database: cluster.database))
        let session = try await person.query("SELECT CAST(CONNECTION_ID() AS SIGNED) AS n")
        let id = try #require(session.first).int(try session.column("n"))
        let step = try #require(SchemaSQL.onNode.first)
        // Again where this machine stood still for as long as it waits.
        try await untilItSucceeds(within: .seconds(30)) {
            let reader = try await reader(of: cluster)
            let running = Task { _ = try await person.execute(step.sql) }
            try await eventually("it waits", within: .seconds(5)) {
                try await !cluster.sql.query(
                    "SELECT id FROM information_schema.processlist WHERE id = ? AND state LIKE '%metadata lock%'",
                    [.int(id)]
                ).isEmpty
            }
            try await reader.execute("COMMIT")
            await reader.close()
            try await running.value
        }
        #expect(try await !cluster.store.preparedSchema().added.contains(step.sign.name))
    }

    /// Nil while the table is not there.
    private func attempts(on cluster: MariaDBTestCluster) async throws -> Int64? {
        let rows = try? await cluster.sql.query("SELECT touches FROM cluster_lease WHERE name = 'schema'")
        guard let rows, let row = rows.first else { return nil }
        return try row.int(try rows.column("touches"))
    }

    @Test("A process that died in its turn at the tables holds up nobody for longer than that turn")
    func diedInTurn() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        try await cluster.sql.execute("ALTER TABLE node DROP COLUMN probe_ms")
        try await cluster.sql.execute(
            "UPDATE cluster_lease SET holder = 'dead', expires_at = NOW(3) + INTERVAL 20 SECOND WHERE name = 'schema'")
        do {
            _ = try await cluster.store.prepareSchema()
            Issue.record("expected an error")
        } catch { if case .contended = error {} else { Issue.record("\(error)") } }
        // Its time is over, or its end lies further away than any turn lasts: then the clock was set back.
        for end in [
            "UPDATE cluster_lease SET expires_at = NOW(3) WHERE name = 'schema'",
            "UPDATE cluster_lease SET expires_at = NOW(3) + INTERVAL 1 DAY WHERE name = 'schema'",
        ] as [Statement] {
            try await cluster.sql.execute(end)
            #expect(try await cluster.store.preparedSchema().added == ["node.probe_ms"])
            try await cluster.sql.execute("ALTER TABLE node DROP COLUMN probe_ms")
        }
    }
}

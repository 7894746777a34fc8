import ClusterCore
import KumaTables
import Logging
import MariaDB
import PrivateMariaDB
import Secrets
import Testing
import Waiting

@testable import ClusterStore

@Suite("Schema")
struct SchemaTests {
    @Test("The migration adds everything once, and the second time nothing")
    func idempotent() async throws {
        // Of one that met MariaDB's own use of a table, the first attempt would have added a part.
        let (cluster, first) = try await untilItSucceeds {
            let cluster = try await MariaDBTestCluster.make()
            return (cluster, try await cluster.store.prepareSchema())
        }
        #expect(first.waitingForKuma.isEmpty)
        #expect(first.added.contains("cluster_lease"))
        #expect(first.added.contains("node.last_report"))
        #expect(first.added.contains("node.host(255)"))
        #expect(first.added.contains("index on monitor.assigned_node"))
        #expect(try await cluster.store.preparedSchema() == SchemaReport(added: [], waitingForKuma: []))
    }

    @Test("Several processes may migrate at once")
    func concurrent() async throws {
        let cluster = try await MariaDBTestCluster.make()
        let options = cluster.server.rootOptions(database: cluster.database)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let store = MariaDBClusterStore(options, logger: Logger(label: "test"))
                    // On a busy machine one may wait for another's ALTER beyond the lock's limit; callers then try again.
                    _ = try await untilItSucceeds(within: .seconds(30), isTransient: \.isTransient) {
                        () throws(StoreError) in try await store.prepareSchema()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await cluster.store.preparedSchema().added.isEmpty)
    }

    @Test("Taken once more by its own holder, a turn is still its own: a call of unknown fate is repeated")
    func ownTurn() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        for _ in 0..<2 {
            let own = try await SchemaTurn(on: cluster.sql, holder: "a")
            #expect(own != nil)
        }
        let other = try await SchemaTurn(on: cluster.sql, holder: "b")
        #expect(other == nil)
    }

    private func tables(of cluster: MariaDBTestCluster) async throws -> [String] {
        let rows = try await cluster.sql.query(
            "SELECT table_name AS t FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1")
        let name = try rows.column("t")
        return try rows.map { try $0.text(name) }
    }

    @Test("In a stock Kuma's database nothing is created, whoever prepares it and however often")
    func stockKuma() async throws {
        let cluster = try await MariaDBTestCluster.make(tables: [.monitor, .user])
        for _ in 0..<2 {
            let report = try await cluster.store.preparedSchema()
            #expect(report == SchemaReport(added: [], waitingForKuma: ["node"]))
            #expect(report.foreignness?.contains("it belongs to a stock Uptime Kuma") == true)
        }
        #expect(try await tables(of: cluster) == ["monitor", "user"])
    }

    @Test("Before Kuma's first start nothing is made; then our own tables, and the rest later")
    func beforeKuma() async throws {
        let cluster = try await MariaDBTestCluster.make(tables: [])
        let report = try await cluster.store.preparedSchema()
        #expect(report == SchemaReport(added: [], waitingForKuma: ["node", "monitor"]))
        #expect(report.foreignness?.contains("no node of the cluster has started on it yet") == true)
        #expect(try await tables(of: cluster).isEmpty)
        await #expect(throws: StoreError.self) { try await cluster.store.poll() }
        try await KumaTables.node.makeSetUp(on: cluster.sql)
        let second = try await cluster.store.preparedSchema()
        #expect(second.waitingForKuma == ["monitor"] && second.foreignness == nil)
        let id = try node("node1")
        #expect(try await cluster.store.report(.beat(id)).outcome == .registered)
        #expect(try await cluster.store.monitors(runBy: id).isEmpty)
        let answer = try await cluster.store.poll()
        #expect(answer.isSetUp == false)
        #expect(answer.fingerprint.count == 0)
        try await KumaTables.monitor.makeSetUp(on: cluster.sql)
        #expect(try await cluster.store.preparedSchema().added == ["index on monitor.assigned_node"])
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: reference("node1")))
        #expect(try await cluster.store.report(.beat(id)).outcome == .written)
        #expect(try await cluster.store.node(id)?.monitorCount == 1)
    }

    @Test("A user without rights learns the exact SQL, and running it is enough")
    func missingRights() async throws {
        let cluster = try await MariaDBTestCluster.make()
        let (server, user) = (cluster.server, cluster.database)
        try await server.makeUser(user, password: Secret("x"), database: cluster.database, rights: .rowsOnly)
        let options = server.options(user: user, password: Secret("x"), database: cluster.database)
        let store = MariaDBClusterStore(options, logger: Logger(label: "test"))
        let refusal = try #require(await #expect(throws: StoreError.self) { try await store.prepareSchema() })
        guard case .notPermitted(_, let sql) = refusal else {
            Issue.record("\(refusal)")
            return
        }
        #expect(sql.allSatisfy { SchemaSQL.text.contains($0) })
        #expect(sql.contains { $0.hasPrefix("ALTER TABLE node WAIT 3 ADD COLUMN IF NOT EXISTS last_report") })
        _ = try await cluster.store.preparedSchema()
        #expect(try await store.preparedSchema().added.isEmpty)
        #expect(try await store.report(.beat(try node("node1"))).outcome == .registered)
        #expect(try await store.lead().epoch == 1)
    }

    @Test("An agent that may write its node's row only prepares the schema and reports")
    func narrowRights() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        let (server, user) = (cluster.server, cluster.database)
        try await cluster.sql.execute("UPDATE cluster_schema SET version = 0")
        try await server.makeUser(user, password: Secret("x"), database: cluster.database, rights: .nothing)
        let name = try #require(Identifier(cluster.database))
        try await cluster.sql.execute(Statement("GRANT SELECT ON ", name, ".* TO ", name, "@'%'"))
        try await cluster.sql.execute(Statement("GRANT INSERT, UPDATE ON ", name, ".node TO ", name, "@'%'"))
        try await cluster.sql.execute(Statement("GRANT SELECT ON ", name, ".* TO ", name, "@'localhost'"))
        try await cluster.sql.execute(Statement("GRANT INSERT, UPDATE ON ", name, ".node TO ", name, "@'localhost'"))
        let options = server.options(user: user, password: Secret("x"), database: cluster.database)
        let store = MariaDBClusterStore(options, logger: Logger(label: "test"))
        #expect(try await store.preparedSchema().added.isEmpty)
        #expect(try await store.report(.beat(try node("node1"))).outcome == .registered)
    }

    @Test("A schema that is ahead of us is left alone")
    func ahead() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        try await cluster.sql.execute("UPDATE cluster_schema SET version = 99")
        try await cluster.sql.execute("ALTER TABLE node ADD COLUMN from_the_future INT NULL, MODIFY host VARCHAR(300)")
        #expect(try await cluster.store.preparedSchema().added.isEmpty)
        let rows = try await cluster.sql.query("SELECT version FROM cluster_schema")
        #expect(try rows.first?.int(try rows.column("version")) == 99)
        #expect(try await cluster.store.report(.beat(try node("node1"))).outcome == .registered)
    }

    @Test("Kuma's own statements go on working, in its strict mode")
    func kumaStillWorks() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        let host = String(repeating: "a", count: 60) + ":3001"
        try await cluster.sql.execute(
            """
            INSERT INTO node (node_id, node_name, host, status, active, is_primary, last_seen, created_date,
                modified_date) VALUES ('node1', 'One', ?, 'online', 1, 1, NOW(), NOW(), NOW())
            """, [.text(host)])
        try await cluster.sql.execute("UPDATE node SET status = 'online', last_seen = NOW() WHERE node_id = 'node1'")
        try await cluster.sql.execute("INSERT INTO monitor (name, active, node_id) VALUES ('m', 1, 'node1')")
        let record = try #require(try await cluster.store.poll().nodes.first)
        #expect(record.host == host)
        #expect(record.isPrimary)
        #expect(record.adminState == .known(.active))
        #expect(record.reportAge == nil && record.statusAge == nil)
        try await cluster.sql.execute("DELETE FROM node WHERE node_id = 'node1'")
    }

    @Test("A host that was cut before the column was widened is mended by its agent")
    func mendsHost() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        let host = String(repeating: "b", count: 60) + ":3001"
        let id = try node("node1")
        try await cluster.kumaStarts(id, host: String(host.prefix(45)))
        _ = try await cluster.store.report(.beat(id, host: host))
        #expect(try await cluster.store.node(id)?.host == host)
        try await cluster.kumaStarts(id, host: "somewhere.else:3001")
        _ = try await cluster.store.report(.beat(id, host: host))
        #expect(try await cluster.store.node(id)?.host == "somewhere.else:3001")
    }
}

import ClusterCore
import HTTPTestClient
import MariaDB
import NIOPosix
import PrivateMariaDB
import Secrets
import StandInKuma
import Testing
import Waiting

@Suite("A stand-in node with its database")
struct StandInNodeTests {
    @Test("It makes Kuma's tables and writes its row before it serves")
    func registers() async throws {
        let node = try await NodeUnderTest.start()
        let rows = try await node.connection.query(
            "SELECT node_name, host, status, is_primary, last_seen IS NOT NULL AS seen FROM `node` WHERE node_id = 'node1'"
        )
        let row = try #require(rows.first)
        #expect(try row.text(rows.column("node_name")) == "Node <1>")
        #expect(try row.text(rows.column("host")) == "127.0.0.1:3001")
        #expect(try row.text(rows.column("status")) == "online")
        #expect(try row.int(rows.column("is_primary")) == 1)
        #expect(try row.int(rows.column("seen")) == 1)
        try await node.stop()
    }

    @Test("It writes its row at no other time: a status that somebody wrote stays, also when it stops")
    func writesItsRowOnlyAtStart() async throws {
        let node = try await NodeUnderTest.start(monitors: 1)
        try await node.connection.execute("UPDATE `node` SET status = 'offline'")
        #expect(try await node.reconcile().status == 200)
        try await node.stop()
        let connection = Connection(
            try await PrivateMariaDB.shared().options(
                user: node.database.user, password: node.database.password, database: node.database.name))
        let rows = try await connection.query("SELECT status FROM `node`")
        #expect(try rows.first?.text(rows.column("status")) == "offline")
        let again = try await StandInNode.start(
            NodeUnderTest.settings(node.database), group: .singleton, logger: NodeUnderTest.logger)
        let after = try await connection.query("SELECT status FROM `node`")
        #expect(try after.first?.text(after.column("status")) == "online")
        await again.stop()
        await connection.close()
    }

    /// As an agent's ALTER of `node` does on a busy disk: a real Kuma waits for up to 50 s.
    @Test("A table that somebody holds for 3 s while it starts is waited for")
    func waitsForATable() async throws {
        let node = try await NodeUnderTest.start()
        let holder = Connection(
            try await PrivateMariaDB.shared().options(
                user: node.database.user, password: node.database.password, database: node.database.name))
        async let held: Void = holder.transaction { session throws(MariaDBError) in
            try session.execute("UPDATE `node` SET node_name = 'held'")
            try session.execute("DO SLEEP(3)")
            return .commit(())
        }
        try await eventually("its row is held") {
            try await node.connection.query(
                "SELECT id FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%' AND db = DATABASE()"
            ).first != nil
        }
        let second = try await StandInNode.start(
            NodeUnderTest.settings(node.database), group: .singleton, logger: NodeUnderTest.logger)
        try await held
        await second.stop()
        await holder.close()
        try await node.stop()
    }

    @Test("It runs the active monitors that are assigned to it, and those at home that are assigned to nobody")
    func runsItsMonitors() async throws {
        let node = try await NodeUnderTest.start(monitors: 5)
        try await node.connection.execute("UPDATE monitor SET assigned_node = 'node2' WHERE name = 'm1'")
        try await node.connection.execute("UPDATE monitor SET active = 0 WHERE name = 'm2'")
        try await node.connection.execute(
            "UPDATE monitor SET node_id = 'node9', assigned_node = 'node1' WHERE name = 'm3'")
        try await node.connection.execute("UPDATE monitor SET assigned_node = '' WHERE name = 'm4'")
        #expect(try await node.reconcile().text == #"{"ok":true,"started":0,"stopped":3}"#)
        // A check that was under way when its monitor was stopped still writes its beat.
        try await eventually("beats of both monitors, and of no other") {
            let rows = try await node.connection.query(
                """
                SELECT DISTINCT m.name AS name FROM heartbeat h JOIN monitor m ON m.id = h.monitor_id
                WHERE h.status = 1 AND h.time > NOW(3) - INTERVAL 1500000 MICROSECOND ORDER BY m.name
                """)
            let name = try rows.column("name")
            return try rows.map { try $0.text(name) } == ["m0", "m3"]
        }
        try await node.stop()
    }

    @Test("A check of a page that is gone is a beat with status down")
    func down() async throws {
        // Nobody listens on the port of tcpmux.
        let node = try await NodeUnderTest.start(monitors: 1, url: "http://127.0.0.1:1/")
        try await eventually("a beat that is down") {
            try await node.number("SELECT CAST(COUNT(*) AS SIGNED) AS n FROM heartbeat WHERE status = 0") > 0
        }
        try await node.stop()
    }

    @Test("Reconciling needs an Authorization header with the key")
    func authorization() async throws {
        let node = try await NodeUnderTest.start()
        #expect(try await node.request("POST", "/api/v1/reconcile-monitors", body: []).status == 401)
        let wrong = [("Authorization", "Bearer nonsense")]
        #expect(try await node.request("POST", "/api/v1/reconcile-monitors", fields: wrong, body: []).status == 401)
        #expect(try await node.reconcile().status == 200)
        try await node.stop()
    }

    @Test("Overlapping reconciles start monitors twice, and a later one does not mend it")
    func overlappingReconciles() async throws {
        let node = try await NodeUnderTest.start()
        var monitors = 0
        // Two requests that go out together do not overlap on every machine every time.
        try await eventually("two runs overlap") {
            for number in 0..<3 {
                try await node.connection.execute(
                    "INSERT INTO monitor (name, url, `interval`, node_id) VALUES (?, ?, 1, 'node1')",
                    [.text("late\(number)"), .text("http://127.0.0.1:\(node.target.port)/")])
            }
            monitors += 3
            async let one = node.reconcile()
            async let other = node.reconcile()
            _ = try await (one, other)
            return await node.node.loopCount > monitors
        }
        let loops = await node.node.loopCount
        try await node.connection.execute("UPDATE monitor SET active = 0")
        _ = try await node.reconcile()
        #expect(await node.node.loopCount == loops - monitors)
        try await node.stop()
    }

    @Test("An update starts a monitor here as it is now, whoever runs it; re-reading alone does not take an edit up")
    func update() async throws {
        let node = try await NodeUnderTest.start(monitors: 2)
        try await node.connection.execute("UPDATE monitor SET url = 'http://127.0.0.1:1/' WHERE id = 1")
        #expect(try await node.reconcile().text == #"{"ok":true,"started":0,"stopped":0}"#)
        let key = [("Authorization", "Bearer key")]
        #expect(try await node.request("PUT", "/api/v1/monitors/1", body: Array("{}".utf8)).status == 401)
        #expect(try await node.request("PUT", "/api/v1/monitors/99", fields: key, body: Array("{}".utf8)).status == 404)
        #expect(try await node.request("PUT", "/api/v1/monitors/1", fields: key, body: Array("{}".utf8)).status == 200)
        try await eventually("monitor 1 is down, as its new URL is") {
            let rows = try await node.connection.query(
                "SELECT status FROM heartbeat WHERE monitor_id = 1 ORDER BY id DESC LIMIT 1")
            return try rows.first?.int(rows.column("status")) == 0
        }
        try await node.connection.execute("UPDATE monitor SET assigned_node = 'node2' WHERE id = 2")
        _ = try await node.reconcile()
        #expect(await node.node.loopCount == 1)
        let edit = Array(#"{"url":"http://127.0.0.1:1/"}"#.utf8)
        #expect(try await node.request("PUT", "/api/v1/monitors/2", fields: key, body: edit).status == 200)
        #expect(await node.node.loopCount == 2)
        #expect(try await node.reconcile().text == #"{"ok":true,"started":0,"stopped":1}"#)
        try await node.stop()
    }

    @Test("One reconcile after the other starts each monitor once")
    func sequentialReconciles() async throws {
        let node = try await NodeUnderTest.start()
        try await node.connection.execute(
            "INSERT INTO monitor (name, url, `interval`, node_id) VALUES ('a', '', 1, 'node1')")
        #expect(try await node.reconcile().text == #"{"ok":true,"started":1,"stopped":0}"#)
        #expect(try await node.reconcile().text == #"{"ok":true,"started":0,"stopped":0}"#)
        #expect(await node.node.loopCount == 1)
        try await node.stop()
    }

    @Test("Health follows the database: refused is 503 that names it, and the pages stay 200")
    func health() async throws {
        let server = try await PrivateMariaDB.start()
        let node = try await NodeUnderTest.start(on: server)
        let healthy = try await node.get("/api/v1/health")
        #expect(healthy.status == 200)
        #expect(healthy.text.hasPrefix(#"{"ok":true,"status":"healthy""#))
        await server.kill()
        let unhealthy = try await node.get("/api/v1/health")
        #expect(unhealthy.status == 503)
        #expect(unhealthy.text.contains(#""checks":{"database":{"status":"unhealthy""#))
        #expect(try await node.get("/").status == 200)
        #expect(try await node.get("/api/v1/status").status == 200)
        try await server.restart()
        try await eventually("healthy again") { try await node.get("/api/v1/health").status == 200 }
        try await node.stop()
        await server.stop()
    }
}

extension NodeUnderTest {
    func reconcile() async throws -> HTTPReply {
        try await request("POST", "/api/v1/reconcile-monitors", fields: [("Authorization", "Bearer key")], body: [])
    }
}

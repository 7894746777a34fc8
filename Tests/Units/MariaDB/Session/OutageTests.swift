import MariaDB
import PrivateMariaDB
import Secrets
import Testing
import Waiting

@Suite("Outages")
struct OutageTests {
    @Test("A killed and restarted server is found again, a frozen one costs a deadline and not more")
    func killedAndFrozen() async throws {
        let server = try await PrivateMariaDB.start()
        var options = server.rootOptions()
        options.readTimeout = .seconds(1)
        options.connectTimeout = .seconds(1)
        let connection = Connection(options)
        #expect(try await connection.query("SELECT 1").count == 1)
        await server.kill()
        await #expect(throws: MariaDBError.self) { try await connection.query("SELECT 1") }
        try await server.restart()
        #expect(try await untilItSucceeds { try await connection.query("SELECT 1").count } == 1)
        await server.freeze()
        await #expect(throws: MariaDBError.deadlineExceeded(statement: "SELECT 1")) {
            try await connection.query("SELECT 1")
        }
        // Whoever was not in yet gets no greeting, which is as good as being turned away.
        do {
            _ = try await Connection(options).query("SELECT 1")
            Issue.record("a frozen server greets nobody")
        } catch {
            let isOverloaded = if case .overloaded = error { true } else { false }
            #expect(isOverloaded, "\(error)")
        }
        server.thaw()
        #expect(try await untilItSucceeds { try await connection.query("SELECT 1").count } == 1)
        await server.stop()
    }

    @Test("A server that is full is left in peace: whoever is turned away asks again after a while, and not before")
    func full() async throws {
        let server = try await PrivateMariaDB.start()
        let inside = Connection(server.rootOptions())
        // The least that the server allows; root has one place more.
        try await inside.execute("SET GLOBAL max_connections = 10")
        var others: [Connection] = []
        for _ in 1...10 {
            others.append(Connection(server.rootOptions()))
            _ = try await #require(others.last).query("SELECT 1")
        }
        let late = Connection(server.rootOptions())
        let start = ContinuousClock.now
        // Long enough for several attempts, if each pause were a tenth of a second.
        while start.duration(to: .now) < .milliseconds(450) {
            do {
                _ = try await late.query("SELECT 1")
                Issue.record("there was room")
            } catch {
                // Mostly it is not asked, and the reason is the one from before.
                #expect("\(error)".contains("Too many connections"))
            }
        }
        let asked = try await inside.query("SHOW GLOBAL STATUS LIKE 'Connection_errors_max_connections'")
        let row = try #require(asked.first)
        let count = try #require(Int(try row.text(try asked.column("Value"))))
        // At first it stays away for half a second at the least.
        let most = 1 + Int(start.duration(to: .now) / .milliseconds(500))
        #expect((1...most).contains(count))
        await others[0].close()
        #expect(try await untilItSucceeds { try await late.query("SELECT 1").count } == 1)
        await server.stop()
    }

    @Test("An idle connection that the server closed is replaced without an error")
    func idleClosed() async throws {
        let server = try await PrivateMariaDB.shared()
        let (connection, other) = (Connection(server.rootOptions()), Connection(server.rootOptions()))
        let rows = try await connection.query("SELECT CONNECTION_ID() AS id")
        let id = try #require(try rows.first?.int(try rows.column("id")))
        try await other.execute("KILL CONNECTION ?", [.int(id)])
        let deadline = ContinuousClock.now + .seconds(30)
        while try await other.query("SELECT 1 FROM information_schema.processlist WHERE id = ?", [.int(id)]).count > 0 {
            try #require(ContinuousClock.now < deadline)
        }
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("A session whose COMMIT failed is replaced: nobody knows what is still open in it")
    func failedCommit() async throws {
        let server = try await PrivateMariaDB.start()
        var options = server.rootOptions(database: try await server.makeDatabase())
        options.lockWaitTimeout = .seconds(1)
        // Beyond the longest wait for the lock below.
        options.readTimeout = .seconds(40)
        options.statementTimeout = .seconds(35)
        let (connection, other) = (Connection(options), Connection(options))
        try await connection.execute("CREATE TABLE t (v INT)")
        let before = try await OutageTests.id(of: connection)
        _ = try await other.query("SELECT GET_LOCK('ready', 0)")
        let (written, write) = AsyncStream.makeStream(of: Void.self)
        let blocking = Task {
            for await _ in written { break }
            try await other.execute("FLUSH TABLES WITH READ LOCK")
            _ = try await other.query("SELECT RELEASE_LOCK('ready')")
        }
        await #expect(throws: MariaDBError.self) {
            try await connection.transaction { session throws(MariaDBError) in
                try session.execute("INSERT INTO t VALUES (1)")
                write.yield()
                _ = try session.query("SELECT GET_LOCK('ready', 30)")
                return .commit(())
            }
        }
        try await blocking.value
        try await other.execute("UNLOCK TABLES")
        #expect(try await OutageTests.id(of: connection) != before)
        #expect(try await other.query("SELECT v FROM t").isEmpty)
        await server.stop()
    }

    private static func id(of connection: Connection) async throws -> Int64? {
        let rows = try await connection.query("SELECT CAST(CONNECTION_ID() AS SIGNED) AS id")
        return try rows.first?.int(try rows.column("id"))
    }

    @Test("The first host is dead: the second one serves, also over TCP with a password")
    func severalHosts() async throws {
        let server = try await PrivateMariaDB.shared()
        let database = try await server.makeDatabase()
        try await server.makeUser(database, password: Secret("se'cret"), database: database)
        var options = server.options(user: database, password: Secret("se'cret"), database: database)
        // Port 1 of the loopback: nobody listens there, the kernel refuses at once.
        options.endpoint = .hosts([Host("127.0.0.1", port: 1), Host("localhost", port: server.port)])
        #expect(try await Connection(options).query("SELECT 1").count == 1)
        options.endpoint = .hosts([Host("127.0.0.1", port: 1)])
        await #expect(throws: MariaDBError.self) { try await Connection(options).query("SELECT 1") }
    }

    @Test("Required TLS never falls back to plain text")
    func tls() async throws {
        // From MariaDB 11.4 on a server makes a certificate of its own where it was given none.
        var settings = PrivateMariaDB.Settings()
        settings.extraArguments = ["--skip-ssl"]
        let server = try await PrivateMariaDB.start(settings)
        let database = try await server.makeDatabase()
        try await server.makeUser(database, password: Secret("x"), database: database)
        var options = server.options(user: database, password: Secret("x"), database: database)
        options.tls = .required
        await #expect(throws: MariaDBError.self) { try await Connection(options).query("SELECT 1") }
        options.tls = .preferred
        #expect(try await Connection(options).query("SELECT 1").count == 1)
        await server.stop()
    }
}

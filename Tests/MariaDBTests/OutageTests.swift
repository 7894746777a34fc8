import MariaDB
import PrivateMariaDB
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
        server.thaw()
        #expect(try await untilItSucceeds { try await connection.query("SELECT 1").count } == 1)
        await server.stop()
    }

    @Test("An idle connection that the server closed is replaced without an error")
    func idleClosed() async throws {
        let server = try await PrivateMariaDB.shared()
        let (connection, other) = (Connection(server.rootOptions()), Connection(server.rootOptions()))
        let rows = try await connection.query("SELECT CONNECTION_ID() AS id")
        let id = try #require(try rows.first?.int(try rows.column("id")))
        try await other.execute("KILL CONNECTION ?", [.int(id)])
        let deadline = ContinuousClock.now + .seconds(10)
        while try await other.query("SELECT 1 FROM information_schema.processlist WHERE id = ?", [.int(id)]).count > 0 {
            try #require(ContinuousClock.now < deadline)
        }
        #expect(try await connection.query("SELECT 1").count == 1)
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
        let server = try await PrivateMariaDB.shared()
        let database = try await server.makeDatabase()
        try await server.makeUser(database, password: Secret("x"), database: database)
        var options = server.options(user: database, password: Secret("x"), database: database)
        options.tls = .required
        await #expect(throws: MariaDBError.self) { try await Connection(options).query("SELECT 1") }
        options.tls = .preferred
        #expect(try await Connection(options).query("SELECT 1").count == 1)
    }
}

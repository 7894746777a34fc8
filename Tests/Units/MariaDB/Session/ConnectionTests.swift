import MariaDB
import PrivateMariaDB
import Secrets
import Synchronization
import Testing

@Suite("Connection")
struct ConnectionTests {
    private func connection() async throws -> Connection {
        let server = try await PrivateMariaDB.shared()
        return Connection(server.rootOptions(database: try await server.makeDatabase()))
    }

    @Test("Every kind of value comes back as it went, long ones and NULL too")
    func values() async throws {
        let connection = try await connection()
        try await connection.execute(
            """
            CREATE TABLE t (i BIGINT, u BIGINT UNSIGNED, d DOUBLE, s TEXT CHARACTER SET utf8mb4, b LONGBLOB, n INT,
                at TIMESTAMP(3) NULL)
            """)
        let long = String(repeating: "long €😀 ", count: 5000)
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await connection.execute(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, '2026-01-02 03:04:05.678')",
            [.int(.min), .uint(.max), .double(-1.5e300), .text(long), .bytes(bytes), .null])
        try await connection.execute("INSERT INTO t (i, s, b) VALUES (7, '', '')")
        let rows = try await connection.query("SELECT i, u, d, s, b, n, at FROM t ORDER BY i")
        #expect(rows.count == 2)
        let row = try #require(rows.first)
        #expect(try row.int(try rows.column("i")) == .min)
        #expect(try row.uint(try rows.column("u")) == .max)
        #expect(try row.double(try rows.column("d")) == -1.5e300)
        #expect(try row.text(try rows.column("s")) == long)
        #expect(try row.bytes(try rows.column("b")) == bytes)
        #expect(row.value(try rows.column("n")) == .null)
        #expect(try row.text(try rows.column("at")) == "2026-01-02 03:04:05.678")
        #expect(rows[1].value(try rows.column("s")) == .text(""))
        #expect(rows[1].value(try rows.column("u")) == .null)
    }

    @Test("A wrong number of values, an unknown column and another type are our own fault")
    func misuse() async throws {
        let connection = try await connection()
        await #expect(throws: MariaDBError.misused(reason: "1 values for 2 places")) {
            try await connection.query("SELECT ? + ?", [.int(1)])
        }
        let rows = try await connection.query("SELECT 'x' AS a")
        #expect(throws: MariaDBError.self) { try rows.column("b") }
        let row = try #require(rows.first)
        #expect(throws: MariaDBError.self) { try row.int(try rows.column("a")) }
    }

    @Test("The session is UTC, utf8mb4, strict, READ COMMITTED and bounded")
    func session() async throws {
        let connection = try await connection()
        let rows = try await connection.query(
            """
            SELECT CONCAT_WS('|', @@time_zone, @@character_set_connection, @@tx_isolation, @@autocommit,
                @@innodb_lock_wait_timeout, @@idle_transaction_timeout, @@sql_mode) AS s, @@max_statement_time AS m
            """)
        let row = try #require(rows.first)
        let text = try row.text(try rows.column("s"))
        #expect(text.hasPrefix("+00:00|utf8mb4|READ-COMMITTED|ON|2|5|STRICT_TRANS_TABLES"))
        #expect(try row.double(try rows.column("m")) == 4)
    }

    @Test("A connection that goes first tells the server's thread pool, others leave it as it is")
    func precedence() async throws {
        var options = try await PrivateMariaDB.shared().rootOptions(database: "mysql")
        for (precedence, expected) in [(ConnectionOptions.Precedence.ordinary, "auto"), (.first, "high")] {
            options.precedence = precedence
            let rows = try await Connection(options).query("SELECT @@thread_pool_priority AS p")
            #expect(try rows.first?.text(try rows.column("p")) == expected)
        }
    }

    @Test("Errors say whose fault they are")
    func faults() async throws {
        let connection = try await connection()
        await expectFault(connection, "SELECT 1 FROM nothing") {
            if case .schemaMissing(1146, _) = $0 { true } else { false }
        }
        await expectFault(connection, "SELEKT") { if case .refused(1064, _) = $0 { true } else { false } }
        var options = try await PrivateMariaDB.shared().rootOptions(database: "mysql")
        options.statementTimeout = .milliseconds(200)
        await expectFault(Connection(options), "SELECT SLEEP(3), 1 FROM mysql.global_priv") {
            if case .deadlineExceeded = $0 { true } else { false }
        }
        options.user = "nobody_here"
        options.password = Secret("wrong")
        await expectFault(Connection(options), "SELECT 1") { if case .loginRefused = $0 { true } else { false } }
    }

    private func expectFault(
        _ connection: Connection, _ statement: Statement, _ isExpected: (MariaDBError) -> Bool,
        at location: SourceLocation = #_sourceLocation
    ) async {
        do throws(MariaDBError) {
            _ = try await connection.query(statement)
            Issue.record("expected an error", sourceLocation: location)
        } catch {
            #expect(isExpected(error), "\(error)", sourceLocation: location)
        }
    }

    @Test("A compound statement is one call: each of its queries answers, values and errors included")
    func compound() async throws {
        let connection = try await connection()
        try await connection.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))")
        let statement: Statement = """
            BEGIN NOT ATOMIC
                INSERT INTO t VALUES (?, ?);
                SELECT v FROM t;
                IF ? > 1 THEN SELECT id, v FROM t ORDER BY id; END IF;
                SELECT COUNT(*) AS n FROM t WHERE v = ?;
            END
            """
        for number in 1...3 {
            let text = String(repeating: "x", count: number)
            let parts = try await connection.queries(
                statement, [.int(number), .text(text), .int(number), .text(text)])
            #expect(parts.map(\.count) == (number == 1 ? [1, 1] : [number, number, 1]))
            let (last, first) = (try #require(parts.last), try #require(parts.first))
            #expect(try last.first?.int(try last.column("n")) == 1)
            #expect(try first[number - 1].text(try first.column("v")) == text)
        }
        // The second part fails after the first has been sent; the connection goes on.
        do throws(MariaDBError) {
            _ = try await connection.queries(statement, [.int(1), .text(""), .int(1), .text("")])
            Issue.record("expected an error")
        } catch { if case .refused(1062, _) = error {} else { Issue.record("\(error)") } }
        await expectFault(connection, "BEGIN NOT ATOMIC SELECT 1; SELECT 2 FROM nothing; END") {
            if case .schemaMissing(1146, _) = $0 { true } else { false }
        }
        let rows = try await connection.query("SELECT COUNT(*) AS n FROM t")
        #expect(try rows.first?.int(try rows.column("n")) == 3)
    }

    @Test("The time limit of a statement is that of a compound one as a whole")
    func compoundDeadline() async throws {
        var options = try await PrivateMariaDB.shared().rootOptions(database: "mysql")
        options.statementTimeout = .milliseconds(200)
        let statement: Statement = """
            BEGIN NOT ATOMIC
                SELECT SLEEP(0.15), 1 FROM (SELECT 1 AS a) t;
                SELECT SLEEP(0.15), 2 FROM (SELECT 1 AS a) t;
                SELECT SLEEP(3), 3 FROM (SELECT 1 AS a) t;
            END
            """
        await expectFault(Connection(options), statement) {
            if case .deadlineExceeded = $0 { true } else { false }
        }
    }

    @Test("Matched rows count also where nothing changed")
    func matched() async throws {
        let connection = try await connection()
        try await connection.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
        #expect(try await connection.execute("INSERT INTO t (v) VALUES (1)").lastInsertID == 1)
        #expect(try await connection.execute("UPDATE t SET v = 1").matchedRows == 1)
        #expect(try await connection.execute("UPDATE t SET v = 1 WHERE id = 9").matchedRows == 0)
    }

    @Test("A transaction commits, rolls back on its word, and rolls back on an error")
    func transactions() async throws {
        let connection = try await connection()
        try await connection.execute("CREATE TABLE t (v INT)")
        let count: Int = try await connection.transaction { session throws(MariaDBError) in
            try session.execute("INSERT INTO t VALUES (1)")
            return .commit(1)
        }
        #expect(count == 1)
        try await connection.transaction { session throws(MariaDBError) in
            try session.execute("INSERT INTO t VALUES (2)")
            return .rollBack(())
        }
        await #expect(throws: MariaDBError.self) {
            try await connection.transaction { session throws(MariaDBError) in
                try session.execute("INSERT INTO t VALUES (3)")
                try session.execute("INSERT INTO missing VALUES (3)")
                return .commit(())
            }
        }
        #expect(try await connection.query("SELECT v FROM t").count == 1)
    }

    @Test("Transactions that deadlock are started again and all succeed")
    func deadlocks() async throws {
        let server = try await PrivateMariaDB.shared()
        let options = server.rootOptions(database: try await server.makeDatabase())
        let first = Connection(options)
        try await first.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL)")
        try await first.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<2 {
                group.addTask {
                    let connection = Connection(options)
                    for _ in 0..<20 {
                        try await connection.transaction { session throws(MariaDBError) in
                            try session.execute("UPDATE t SET v = v + 1 WHERE id = ?", [.int(1 + worker)])
                            try session.execute("UPDATE t SET v = v + 1 WHERE id = ?", [.int(2 - worker)])
                            return .commit(())
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let rows = try await first.query("SELECT CAST(SUM(v) AS SIGNED) AS v FROM t")
        #expect(try rows.first?.int(try rows.column("v")) == 80)
    }

    @Test("More statements than the cache holds still work, and callers at once are served in turn")
    func concurrency() async throws {
        let connection = try await connection()
        try await connection.execute("CREATE TABLE t (v INT)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask { try await connection.execute("INSERT INTO t VALUES (?)", [.int(number)]) }
            }
            try await group.waitForAll()
        }
        #expect(try await connection.query("SELECT v FROM t").count == 200)
    }

    @Test("A cancelled caller leaves the connection as it was")
    func cancellation() async throws {
        let connection = try await connection()
        let task = Task { try await connection.query("SELECT SLEEP(0.2)") }
        task.cancel()
        _ = try? await task.value
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("every call that comes to an end counts, whatever end that is")
    func endedCalls() async throws {
        let connection = try await connection()
        _ = try await connection.query("SELECT 1")
        await #expect(throws: MariaDBError.self) { try await connection.query("SELECT nonsense") }
        #expect(connection.endedCalls.load(ordering: .relaxed) == 2)
        await connection.close()
        await #expect(throws: MariaDBError.self) { try await connection.query("SELECT 1") }
        #expect(connection.endedCalls.load(ordering: .relaxed) == 3)
    }
}

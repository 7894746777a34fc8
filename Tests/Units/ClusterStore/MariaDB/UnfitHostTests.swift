import ClusterCore
import ClusterStore
import InMemoryLogging
import KumaTables
import Logging
import MariaDB
import PrivateMariaDB
import Secrets
import Synchronization
import Testing
import Waiting

@Suite("A database host that is not fit")
struct UnfitHostTests {
    @Test("Locked as a whole it takes no writes, which is not called a row's lock; alone, it goes on being read from")
    func locked() async throws {
        let server = try await PrivateMariaDB.start()
        let cluster = try await MariaDBTestCluster.make(on: server)
        var options = server.rootOptions(database: cluster.database)
        options.lockWaitTimeout = .seconds(1)
        let store = MariaDBClusterStore(options, logger: Logger(label: "test"))
        _ = try await store.preparedSchema()
        let id = try node("node1")
        _ = try await store.report(.beat(id))
        try await cluster.sql.execute("FLUSH TABLES WITH READ LOCK")
        let error = await #expect(throws: StoreError.self) { try await store.report(.beat(id)) }
        #expect(error?.kind == .unavailable)
        #expect(error?.description.contains("FLUSH TABLES WITH READ LOCK") == true, "\(String(describing: error))")
        #expect(try await store.poll().nodes.count == 1)
        #expect(store.databaseHosts?.unfit.count == 1)
        try await cluster.sql.execute("UNLOCK TABLES")
        #expect(try await store.report(.beat(id)).outcome == .written)
        await store.close()
        await server.stop()
    }

    @Test("A read-only host serves as long as no other does; the first write finds the one that takes it")
    func readOnly() async throws {
        let server = try await PrivateMariaDB.start()
        let other = try await PrivateMariaDB.shared()
        let name = try await other.makeDatabase()
        try await server.makeDatabase(name)
        for server in [server, other] {
            try await server.makeUser(name, password: Secret("x"), database: name)
            let sql = Connection(server.rootOptions(database: name))
            try await KumaTables.all.makeSetUp(on: sql)
            await sql.close()
        }
        let log = InMemoryLogHandler()
        var options = server.options(user: name, password: Secret("x"), database: name)
        options.endpoint = .hosts([server, other].map { Host("127.0.0.1", port: $0.port) })
        let store = MariaDBClusterStore(options, logger: Logger(label: "test") { _ in log })
        _ = try await store.preparedSchema()
        #expect(store.databaseHosts?.current == "127.0.0.1:\(server.port)")
        try await server.run("SET GLOBAL read_only = 1")
        let error = await #expect(throws: StoreError.self) { try await store.report(.beat(try node("node1"))) }
        // The other host has no schema of ours yet: it was asked within the same call.
        #expect(error?.kind == .schemaMissing, "\(String(describing: error))")
        #expect(
            store.databaseHosts
                == DatabaseHosts(
                    current: "127.0.0.1:\(other.port)",
                    unfit: [.init(host: "127.0.0.1:\(server.port)", reason: "is read-only, as a standby is")]))
        #expect(log.entries.contains { $0.level == .warning && "\($0.message)".contains("is read-only") })
        await store.close()
        options.endpoint = .hosts([Host("127.0.0.1", port: server.port)])
        let alone = MariaDBClusterStore(options, logger: Logger(label: "test"))
        #expect(try await alone.poll().nodes.isEmpty)
        let refusal = await #expect(throws: StoreError.self) { try await alone.report(.beat(try node("node1"))) }
        #expect(refusal?.description.contains("is read-only, as a standby is") == true)
        await alone.close()
        await server.stop()
    }

    @Test("A command asks again, and not for ever")
    func askedAgain() async throws {
        let flaky = FlakyCall()
        #expect(try await AskedAgain.result { () async throws(StoreError) -> Int in try flaky.call(failures: 2) } == 3)
        await #expect(throws: StoreError.unavailable(reason: "call 3")) {
            let call = FlakyCall()
            _ = try await AskedAgain.result { () async throws(StoreError) -> Int in try call.call(failures: 9) }
        }
        await #expect(throws: StoreError.contended(reason: "")) {
            _ = try await AskedAgain.result { () async throws(StoreError) -> Int in throw .contended(reason: "") }
        }
    }
}

/// Fails as often as it is told to, and then says how often it was called.
private final class FlakyCall: Sendable {
    private let calls = Mutex(0)

    func call(failures: Int) throws(StoreError) -> Int {
        let number = calls.withLock { calls in
            calls += 1
            return calls
        }
        guard number > failures else { throw .unavailable(reason: "call \(number)") }
        return number
    }
}

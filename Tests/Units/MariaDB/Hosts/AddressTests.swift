import Logging
import PrivateMariaDB
import Secrets
import Synchronization
import Testing
import Waiting

@testable import MariaDB

@Suite("Addresses of a database host")
struct AddressTests {
    @Test("A name's silent addresses cost no more than its host's time, and the one that answers is found")
    func severalAddresses() async throws {
        let server = try await PrivateMariaDB.shared()
        let database = try await server.makeDatabase()
        try await server.makeUser(database, password: Secret("x"), database: database)
        let silent = try ["127.0.0.2", "127.0.0.3"].map { try SilentAddress($0, port: server.port) }
        var options = server.options(user: database, password: Secret("x"), database: database)
        options.endpoint = .hosts([Host("db.test", port: server.port)])
        options.connectTimeout = .seconds(3)
        let resolver = AddressResolver { _ in .success(["127.0.0.2", "127.0.0.3", "127.0.0.1"]) }
        let connection = Connection(options, resolver: resolver)
        let start = ContinuousClock.now
        #expect(try await connection.query("SELECT 1").count == 1)
        // The kernel alone would try the second address for two minutes: half of that is the machine's.
        #expect(ContinuousClock.now - start < .seconds(60))
        withExtendedLifetime(silent) {}
    }

    @Test("Where the certificate's name is checked, a name with more than one silent address is refused, and says so")
    func silentAndVerified() async throws {
        let server = try await PrivateMariaDB.shared()
        let silent = try ["127.0.0.4", "127.0.0.5"].map { try SilentAddress($0, port: server.port) }
        let host = Host("db.test", port: server.port)
        try SilentAddresses(["127.0.0.4", "127.0.0.1"], port: server.port).refuseMoreThanOne(of: host)
        let error = #expect(throws: MariaDBError.self) {
            try SilentAddresses(["127.0.0.4", "127.0.0.1", "127.0.0.5"], port: server.port).refuseMoreThanOne(of: host)
        }
        #expect("\(String(describing: error))".contains("no answer from 127.0.0.4, 127.0.0.5"))
        withExtendedLifetime(silent) {}
    }

    @Test("A resolver that hangs is asked once and waited for as long as allowed; what it said last goes on counting")
    func hangingResolver() async throws {
        let server = NameServer()
        let resolver = AddressResolver { _ in server.answer() }
        let start = ContinuousClock.now
        for _ in 0..<3 {
            #expect(throws: AddressResolver.Failure.self) {
                try resolver.addresses(of: "db.test", within: .milliseconds(50))
            }
        }
        // As long as it hangs, three calls that waited for it would take three times as long.
        #expect(ContinuousClock.now - start < NameServer.longest)
        // Its thread may not even have begun.
        try await eventually("the resolver is asked") { server.state.withLock(\.calls) > 0 }
        #expect(server.state.withLock(\.calls) == 1)
        server.state.withLock { $0.isHanging = false }
        try await eventually { (try? resolver.addresses(of: "db.test", within: .seconds(5))) == ["127.0.0.1"] }
        server.state.withLock { $0.isFailing = true }
        #expect(try resolver.addresses(of: "db.test", within: .seconds(5)) == ["127.0.0.1"])
    }

    @Test("A look-up that gets no thread has failed, and the next one is made; what was known goes on counting")
    func noThread() async throws {
        let hasThreads = Atomic(false)
        let resolver = AddressResolver(
            resolve: { _ in .success(["127.0.0.1"]) },
            startThread: { work throws(DetachedThread.Failure) in
                guard hasThreads.load(ordering: .acquiring) else { throw DetachedThread.Failure(code: 11) }
                try DetachedThread.start(work)
            })
        let failure = #expect(throws: AddressResolver.Failure.self) {
            try resolver.addresses(of: "db.test", within: .seconds(5))
        }
        #expect(failure?.reason == "no thread for the look-up (error 11)")
        hasThreads.store(true, ordering: .releasing)
        #expect(try resolver.addresses(of: "db.test", within: .seconds(5)) == ["127.0.0.1"])
        hasThreads.store(false, ordering: .releasing)
        #expect(try resolver.addresses(of: "db.test", within: .seconds(5)) == ["127.0.0.1"])
    }

    @Test("Addresses need no resolver", arguments: ["127.0.0.1", "::1"])
    func numeric(_ address: String) throws {
        let resolver = AddressResolver { _ in .failure(.init(reason: "asked")) }
        #expect(try resolver.addresses(of: address, within: .seconds(1)) == [address])
        #expect(throws: AddressResolver.Failure.self) { try resolver.addresses(of: "db.test", within: .seconds(1)) }
    }
}

/// Stands for getaddrinfo(3), which blocks.
private final class NameServer: Sendable {
    struct State {
        var calls = 0
        var isHanging = true
        var isFailing = false
    }

    /// How long it hangs at the most.
    static let longest: Duration = .seconds(60)

    let state = Mutex(State())

    func answer() -> Result<[String], AddressResolver.Failure> {
        state.withLock { $0.calls += 1 }
        try? blockUntil(within: NameServer.longest) { !state.withLock(\.isHanging) }
        return state.withLock(\.isFailing) ? .failure(.init(reason: "nobody")) : .success(["127.0.0.1"])
    }
}

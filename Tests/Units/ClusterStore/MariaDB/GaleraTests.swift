import ClusterCore
import ClusterStore
import Logging
import MariaDB
import PrivateMariaDB
import Testing
import Waiting

/// `KUMA_GALERA_TESTS=1 swift test --filter GaleraTests`; needs Debian's galera-4.
@Suite("A Galera cluster", .serialized, .enabled(if: GaleraUnderTest.isWanted))
struct GaleraTests {
    /// Another fit host is in use by then.
    private static let limit: Duration = .seconds(6)

    @Test("The first host is outside the cluster from the start: the second is in use at once, and the log says why")
    func isolatedAtStart() async throws {
        let cluster = try await GaleraUnderTest.shared
        try await cluster.galera.isolate(0)
        try await cluster.untilItRefuses(0)
        let client = cluster.makeClient()
        let start = ContinuousClock.now
        try await client.work()
        #expect(ContinuousClock.now - start < GaleraTests.limit)
        let hosts = try #require(client.store.databaseHosts)
        #expect(hosts.current == cluster.name(1))
        #expect(hosts.unfit.map(\.host) == [cluster.name(0)])
        #expect(client.said.contains("\(cluster.name(0)) has lost its Galera cluster"), "\(client.said)")
        try await cluster.galera.join(0)
        try await cluster.untilWhole()
        await client.store.close()
    }

    @Test("The host in use loses its cluster: another one is in use within six seconds, and nobody speaks of rows")
    func isolatedLater() async throws {
        let cluster = try await GaleraUnderTest.shared
        let client = cluster.makeClient()
        let (span, errors) = try await client.outage(leaving: 0) { try await cluster.galera.isolate(0) }
        print("measured: isolated \(span)")
        #expect(span < GaleraTests.limit, "\(errors)")
        #expect(!errors.contains { $0.kind == .contended }, "\(errors)")
        try await cluster.galera.join(0)
        try await cluster.untilWhole()
        await client.store.close()
    }

    @Test("The host in use is locked as a donor is: another one within six seconds, and nobody speaks of rows")
    func locked() async throws {
        let cluster = try await GaleraUnderTest.shared
        let client = cluster.makeClient()
        let backup = Connection(cluster.galera.hosts[0].rootOptions())
        let (span, errors) = try await client.outage(leaving: 0) {
            try await backup.execute("FLUSH TABLES WITH READ LOCK")
        }
        print("measured: locked \(span)")
        #expect(span < GaleraTests.limit, "\(errors)")
        #expect(!errors.contains { $0.kind == .contended }, "\(errors)")
        // Whoever comes now does not begin there.
        let late = cluster.makeClient()
        try await late.work()
        #expect(late.store.databaseHosts?.current == cluster.name(1))
        #expect(late.said.contains("\(cluster.name(0)) is behind its Galera cluster"), "\(late.said)")
        try await backup.execute("UNLOCK TABLES")
        await backup.close()
        try await cluster.untilWhole()
        for client in [client, late] { await client.store.close() }
    }

    @Test("A row that a person keeps locked is called that, and is no reason to leave the host")
    func row() async throws {
        let cluster = try await GaleraUnderTest.shared
        let client = cluster.makeClient()
        try await client.work()
        let person = Connection(cluster.galera.hosts[0].rootOptions(database: "kuma"))
        try await person.execute("SET SESSION autocommit = 0, idle_transaction_timeout = 60")
        try await person.execute("UPDATE node SET node_name = 'mine'")
        let error = await #expect(throws: StoreError.self) { try await client.work() }
        #expect(error?.kind == .contended)
        #expect(client.store.databaseHosts == DatabaseHosts(current: cluster.name(0), unfit: []))
        try await person.execute("ROLLBACK")
        await person.close()
        await client.store.close()
    }

    @Test("The host in use is killed: another one within six seconds; it comes back, and is as good as before")
    func killed() async throws {
        let cluster = try await GaleraUnderTest.shared
        let client = cluster.makeClient()
        let (span, errors) = try await client.outage(leaving: 0) { await cluster.galera.hosts[0].kill() }
        print("measured: killed \(span)")
        #expect(span < GaleraTests.limit, "\(errors)")
        try await cluster.galera.restart(0)
        try await cluster.untilWhole()
        await client.store.close()
    }

    @Test("The host in use stands still: what reads is asked of another one within the same call")
    func frozen() async throws {
        let cluster = try await GaleraUnderTest.shared
        let client = cluster.makeClient()
        let (span, errors) = try await client.outage(leaving: 0) { await cluster.galera.hosts[0].freeze() }
        print("measured: frozen \(span)")
        #expect(span < GaleraTests.limit, "\(errors)")
        // A write may have arrived, and is not repeated.
        #expect(errors.allSatisfy { $0.description.contains("did not answer in time: UPDATE") }, "\(errors)")
        let words = "\(cluster.name(0)) is too busy to let us in, or does not answer"
        #expect(client.said.contains(words), "\(client.said)")
        cluster.galera.hosts[0].thaw()
        try await cluster.untilWhole()
        await client.store.close()
    }

    @Test("Two of three are killed: the last is said to have no majority; healed, it serves as before")
    func twoKilled() async throws {
        let cluster = try await GaleraUnderTest.shared
        let client = cluster.makeClient()
        try await client.work()
        for index in [1, 2] { await cluster.galera.hosts[index].kill() }
        var last: StoreError?
        try await eventually("it is said to have lost its cluster, and the others to be away", within: .seconds(30)) {
            do throws(StoreError) { try await client.work() } catch { last = error }
            return last?.description.contains("has lost its Galera cluster") == true
                && client.store.databaseHosts?.unfit.count == 3
        }
        #expect(last?.kind == .unavailable)
        try await cluster.galera.declareMajority(0)
        let healed = ContinuousClock.now
        _ = try await untilItSucceeds(within: .seconds(20)) { () throws(StoreError) in try await client.work() }
        print("measured: healed \(ContinuousClock.now - healed)")
        #expect(ContinuousClock.now - healed < GaleraTests.limit)
        for index in [1, 2] { try await cluster.galera.restart(index) }
        try await cluster.untilWhole()
        await client.store.close()
    }
}

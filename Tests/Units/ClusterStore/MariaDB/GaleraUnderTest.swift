import ClusterCore
import ClusterStore
import FoundationEssentials
import InMemoryLogging
import KumaTables
import Logging
import MariaDB
import PrivateMariaDB
import Secrets
import Waiting

/// Three hosts with Kuma's tables, shared by the tests of the suite; each leaves it whole.
struct GaleraUnderTest {
    /// `.ci/run` sets it; the suite takes about a minute.
    static var isWanted: Bool { ProcessInfo.processInfo.environment["KUMA_GALERA_TESTS"] != nil }

    static var shared: GaleraUnderTest {
        get async throws { try await start.value }
    }

    private static let start = Task { try await GaleraUnderTest.make() }
    private static let password = Secret("secret")
    static let lease: Duration = .seconds(10)

    let galera: PrivateGalera

    private static func make() async throws -> GaleraUnderTest {
        let galera = try await PrivateGalera.start { first async throws(PrivateMariaDBError) in
            try await first.makeDatabase("kuma")
            try await first.makeUser("kuma", password: password, database: "kuma")
        }
        let cluster = GaleraUnderTest(galera: galera)
        let sql = Connection(cluster.options)
        try await KumaTables.all.makeSetUp(on: sql)
        await sql.close()
        let store = MariaDBClusterStore(cluster.options, logger: Logger(label: "test"))
        _ = try await store.preparedSchema()
        await store.close()
        return cluster
    }

    /// As `DB_HOST` and the other settings' defaults make them.
    var options: ConnectionOptions {
        var options = ConnectionOptions(
            hosts: galera.hosts.map { Host("127.0.0.1", port: $0.port) }, user: "kuma",
            password: GaleraUnderTest.password, database: "kuma")
        options.connectTimeout = .seconds(5)
        options.readTimeout = .seconds(5)
        options.writeTimeout = .seconds(5)
        options.statementTimeout = .seconds(4)
        return options
    }

    func name(_ index: Int) -> String { "127.0.0.1:\(galera.hosts[index].port)" }

    func makeClient() -> GaleraClient { GaleraClient(self) }

    /// Waits until the host at `index` reads nothing any more.
    func untilItRefuses(_ index: Int) async throws {
        try await eventually("host \(index) refuses", within: .seconds(30)) {
            do {
                try await galera.hosts[index].run("SELECT COUNT(*) FROM kuma.node")
                return false
            } catch { return true }
        }
    }

    /// Waits until whoever comes finds all three hosts fit and works on the first.
    func untilWhole() async throws {
        try await eventually("the first host is fit again", within: .seconds(30)) {
            let client = makeClient()
            do throws(StoreError) { try await client.work() } catch { return false }
            let hosts = client.store.databaseHosts
            await client.store.close()
            return hosts == DatabaseHosts(current: name(0), unfit: [])
        }
    }
}

/// A balancer and an agent in one, as far as the database sees them.
final class GaleraClient: Sendable {
    private let log: InMemoryLogHandler
    let store: MariaDBClusterStore
    private let cluster: GaleraUnderTest

    init(_ cluster: GaleraUnderTest) {
        let log = InMemoryLogHandler()
        self.cluster = cluster
        self.log = log
        store = MariaDBClusterStore(cluster.options, logger: Logger(label: "test") { _ in log })
    }

    /// What it said, one line each.
    var said: String {
        log.entries.filter { $0.level >= .notice }.map { entry in
            "\(entry.message) \(entry.metadata.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " "))"
        }.joined(separator: "\n")
    }

    /// What must go on: the lease, a beat, the table.
    func work() async throws(StoreError) {
        let id: NodeID
        do { id = try NodeID("node1") } catch { throw .refused(code: 0, reason: "\(error)") }
        _ = try await store.acquireLease(holder: BalancerID(text: "one"), ttl: GaleraUnderTest.lease)
        _ = try await store.report(.beat(id))
        _ = try await store.poll()
    }

    /// Works on, through `fault`, until it has worked on another host than the one at `index`.
    /// - Returns: the longest span without success, and what failed in it.
    func outage(
        leaving index: Int, _ fault: () async throws -> Void
    ) async throws -> (span: Duration, errors: [StoreError]) {
        try await work()
        var lastGood = ContinuousClock.now
        var (worst, errors) = (Duration.zero, [StoreError]())
        try await fault()
        try await eventually("another host is in use", within: .seconds(30)) {
            do throws(StoreError) {
                try await work()
                worst = max(worst, ContinuousClock.now - lastGood)
                lastGood = .now
                return store.databaseHosts?.current != cluster.name(index)
            } catch {
                errors.append(error)
                return false
            }
        }
        return (worst, errors)
    }
}

import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Logging
import Synchronization

/// Time that passes only when a test says so, shared by the database, the balancers and the agents.
final class VirtualTime: Sendable {
    private let start = ContinuousClock.now
    private let passed = Mutex(Duration.zero)

    private let databaseShift = Mutex(Duration.zero)

    var elapsed: Duration { passed.withLock { $0 } }
    /// The database's clock: since 1970.
    var database: Duration { .seconds(1_800_000_000) + elapsed + databaseShift.withLock { $0 } }
    /// The database's clock is set.
    func leap(by span: Duration) { databaseShift.withLock { $0 += span } }
    func pass(_ span: Duration) { passed.withLock { $0 += span } }

    var clock: ControlClock {
        ControlClock(
            now: { self.start + self.elapsed }, sleep: { _ in throw CancellationError() },
            wallTime: { .seconds(1_800_000_000) + self.elapsed },
            monotonicNanoseconds: { UInt64(self.elapsed / .nanoseconds(1)) }, draw: { 0.5 })
    }
}

/// Which Kuma processes live: what probes and agents find.
final class NodeFates: NodeProbe {
    private let dead = Mutex<Set<String>>([])
    private let deadAddresses = Mutex<Set<IPAddress>>([])
    private let hung = Mutex<Set<String>>([])
    let probes = Mutex<[String: Int]>([:])

    /// Whoever asks there is refused, under whatever name.
    func kill(at octets: UInt32) { _ = deadAddresses.withLock { $0.insert(IPAddress(ipv4: octets)) } }
    func revive(at octets: UInt32) { _ = deadAddresses.withLock { $0.remove(IPAddress(ipv4: octets)) } }
    func kill(_ host: String) { _ = dead.withLock { $0.insert(host) } }
    /// It accepts connections and answers nothing.
    func hang(_ host: String) {
        kill(host)
        _ = hung.withLock { $0.insert(host) }
    }
    func revive(_ host: String) {
        _ = dead.withLock { $0.remove(host) }
        _ = hung.withLock { $0.remove(host) }
    }
    func isHung(_ host: String) -> Bool { hung.withLock { $0.contains(host) } }
    func isDead(_ host: String) -> Bool { dead.withLock { $0.contains(host) } }

    func probe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult {
        probes.withLock { $0[address.host, default: 0] += 1 }
        let isGone = address.resolved.map { place in deadAddresses.withLock { $0.contains(place.ip) } } ?? false
        return isDead(address.host) || isGone
            ? ProbeResult(finding: .unhealthy, detail: "connection refused", duration: .milliseconds(1))
            : ProbeResult(finding: .healthy, detail: "200 in 2 ms", duration: .milliseconds(2))
    }
}

/// A whole cluster in virtual time: nodes with agents, balancers, and the tables in memory. Every 100 ms of it, each
/// agent that is due reports and each balancer that is not frozen makes one step of its loop.
final class VirtualCluster {
    struct Agent {
        let node: NodeID
        let instance: AgentInstance
        var judge: HealthJudge
        var due: Duration
    }

    let time = VirtualTime()
    let tables: InMemoryCluster
    let store: any ClusterStore
    let fates = NodeFates()
    private(set) var balancers: [ControlPlane] = []
    private(set) var publishers: [RoutingTablePublisher] = []
    var agents: [NodeID: Agent] = [:]
    /// Balancers that get no time, as after SIGSTOP or SIGKILL.
    var frozen: Set<Int> = []

    /// - Parameters:
    ///   - monitors: active monitors that live on each node; ids ascend over the nodes.
    init(nodes: [String], monitors: Int = 0) async throws {
        let time = time
        tables = InMemoryCluster(now: { time.database })
        store = InMemoryClusterStore(tables)
        var next: Int64 = 1
        for name in nodes {
            let id = try NodeID(name)
            tables.kumaStarts(id, name: name, host: "\(name):3001")
            startAgent(id)
            for _ in 0..<monitors {
                tables.put(MonitorAssignment(id: MonitorID(next), home: NodeReference(id)))
                next += 1
            }
        }
    }

    func startAgent(_ id: NodeID) {
        agents[id] = Agent(
            node: id, instance: .random(), judge: HealthJudge(startingAs: .online), due: time.elapsed)
    }

    func addBalancer(
        _ name: String = "lb1", store: (any ControlStore)? = nil, readingStore: (any ControlStore)? = nil,
        configure: (inout ControlPlaneConfiguration) -> Void = { _ in },
        lookup: @escaping NameLookup = { host, answer in answer(.found([.ipv4(octets: address(of: host), port: 0)])) },
        log: any LogHandler = SwiftLogNoOpLogHandler()
    ) {
        var configuration = ControlPlaneConfiguration()
        // When planned moves go is the subject of tests of its own.
        configuration.pacing = .none
        configure(&configuration)
        let publisher = RoutingTablePublisher()
        let plane = ControlPlane(
            configuration: configuration, store: store ?? self.store, readingStore: readingStore,
            probe: fates, publisher: publisher,
            identity: BalancerPresence(id: BalancerID(text: name), address: "10.0.0.1:8084", version: "test"),
            logger: Logger(label: name) { _ in log }, clock: time.clock,
            lookup: lookup)
        plane.restore()
        balancers.append(plane)
        publishers.append(publisher)
    }

    /// Each name has an address of its own, as nodes have: `node2` is at 127.0.0.2.
    static func address(of host: String) -> UInt32 {
        if let number = UInt32(host.drop { !$0.isNumber }), number < 1 << 16 { return 0x7F00_0000 + number }
        return host.utf8.reduce(0x7F01_0000) { $0 ^ ($0 << 5 & 0xFFFF ^ UInt32($1)) }
    }

    func kill(_ name: String) { fates.kill(name) }

    /// Kuma writes its row, `online` included, before it serves.
    func start(_ name: String, as role: InMemoryCluster.KumaRole = .secondary) throws {
        tables.kumaStarts(try NodeID(name), role: role)
        fates.revive(name)
    }

    /// Lets time pass.
    func run(for span: Duration) async {
        let end = time.elapsed + span
        while time.elapsed < end { await tick() }
    }

    /// - Returns: how long it took; nil when `limit` passed first.
    func run(upTo limit: Duration, until condition: () async -> Bool) async -> Duration? {
        let start = time.elapsed
        while time.elapsed - start <= limit {
            if await condition() { return time.elapsed - start }
            await tick()
        }
        return nil
    }

    func tick() async {
        for id in agents.keys.sorted() { await beat(id) }
        for index in balancers.indices where !frozen.contains(index) {
            for work in balancers[index].step(now: time.clock.now()) { await balancers[index].perform(work) }
        }
        time.pass(.milliseconds(100))
    }

    private func beat(_ id: NodeID) async {
        guard var agent = agents[id], agent.due <= time.elapsed else { return }
        let isDead = fates.isDead(id.text)
        _ = agent.judge.record(isDead ? .unhealthy : .healthy)
        agent.due = time.elapsed + agent.judge.interval
        agents[id] = agent
        let report = AgentReport(
            node: id, name: id.text, host: "\(id.text):3001", isPrimary: false, instance: agent.instance,
            version: "test", status: agent.judge.status, health: isDead ? .unhealthy : .healthy,
            detail: isDead ? "connection refused" : "200", okStreak: agent.judge.okStreak,
            failStreak: agent.judge.failStreak, probeTime: fates.isHung(id.text) ? .seconds(5) : .milliseconds(2),
            interval: .seconds(2))
        // An agent whose database is away goes on probing and says nothing.
        _ = try? await store.report(report)
    }

    // MARK: What is to be seen

    func monitor(_ id: Int64) -> MonitorAssignment? { tables.monitor(MonitorID(id)) }
    func runner(_ id: Int64) -> String? { monitor(id)?.effective?.text }

    /// Monitors by the node that runs them.
    func counts() async throws -> [String: Int] {
        try await store.assignments().reduce(into: [:]) { $0[$1.effective?.text ?? "NA", default: 0] += 1 }
    }

    func leaders() -> [Int] {
        balancers.indices.filter { !frozen.contains($0) && balancers[$0].snapshot.leadership.isSelf }
    }

    func events(_ kind: ClusterEvent.Kind) async throws -> [ClusterEvent] {
        try await store.events(EventQuery(limit: 1000, kind: kind)).map(\.event).reversed()
    }
}

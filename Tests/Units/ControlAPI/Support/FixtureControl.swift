import ClusterCore
import ClusterStore
import ControlPlane
import Synchronization

/// A control plane that says what a test wants it to say, and remembers what it was asked.
final class FixtureControl: ClusterControl {
    struct Script: Sendable {
        var snapshot: ControlPlaneSnapshot
        var routingTable: RoutingTable
        var checks: [NodeCheck] = []
        var recounts: [MonitorRecount] = []
        var events: [RecordedEvent] = []
        var storeError: StoreError?
        var askedQueries: [EventQuery] = []
        var probeRounds = 0
        var recountRounds = 0
        var moves: [RecordedMove] = []
        var jobs: [RebalanceJob] = []
        var outline = RebalanceOutline(moves: 0, routes: [], kept: 0)
        var answer: RebalanceAnswer?
        var leaving = 0
        /// What was asked for, in words.
        var asked: [String] = []
    }

    private let script: Mutex<Script>
    let feed = EventFeed()

    init(_ script: Script = .threeNodes()) { self.script = Mutex(script) }

    func change(_ body: (inout Script) -> Void) { script.withLock { body(&$0) } }

    var current: Script { script.withLock { $0 } }
    var snapshot: ControlPlaneSnapshot { script.withLock { $0.snapshot } }
    var routingTable: RoutingTable { script.withLock { $0.routingTable } }

    func followEvents() -> EventFeed.Subscription? { feed.follow() }
    var followerCount: Int { feed.followerCount }

    func probeAllNodes() async -> [NodeCheck] {
        script.withLock {
            $0.probeRounds += 1
            return $0.checks
        }
    }

    func updateLoads() async throws(StoreError) -> [MonitorRecount] {
        let script = self.script.withLock { script in
            script.recountRounds += 1
            return script
        }
        if let error = script.storeError { throw error }
        return script.recounts
    }

    func events(_ query: EventQuery) async throws(StoreError) -> [RecordedEvent] {
        let script = self.script.withLock { script in
            script.askedQueries.append(query)
            return script
        }
        if let error = script.storeError { throw error }
        let fitting = script.events.filter { $0.id < query.before ?? .max }
        return Array(fitting.prefix(query.limit))
    }
}

/// One node of a fixture, as both the snapshot and the routing table show it.
struct FixtureNode {
    var id: NodeID
    var name: String
    var status: NodeStatus = .online
    var adminState = AdminWord.known(.active)
    var monitorCount = 0
    var address: SocketAddress? = .ipv4(octets: 0x7F00_0001, port: 3001)
    var isPrimary = false
    var agentInterval: Duration?

    init(_ id: String, name: String, status: NodeStatus = .online) throws(InvalidNodeID) {
        self.id = try NodeID(id)
        self.name = name
        self.status = status
    }

    var snapshot: NodeSnapshot {
        let record = NodeRecord(
            id: id, name: name, host: "\(id.text).test:3001", status: status, isPrimary: isPrimary,
            adminState: adminState, monitorCount: monitorCount, agentHealth: .healthy, agentDetail: "200 in 3 ms",
            agentVersion: "1.0.0", okStreak: 7, failStreak: 0, probeTime: .milliseconds(3),
            agentInterval: agentInterval,
            reportAge: .milliseconds(400), statusAge: .seconds(60), lastSeen: "2026-01-02T03:04:05Z")
        return NodeSnapshot(
            record: record, speaker: .agent,
            probe: NodeSnapshot.Probe(
                status: status,
                last: ProbeResult(finding: .healthy, detail: "200 in 5 ms", duration: .milliseconds(5)), okStreak: 4,
                failStreak: 0),
            isEjected: false, standing: routing.standing(monitorLimit: 1_000, isEjected: false), openConnections: 2,
            monitorCount: monitorCount,
            homeCount: monitorCount, visitingCount: 0, flaps: 0)
    }

    var routing: RoutingNode {
        RoutingNode(
            id: id, hostName: "\(id.text).test", address: address, status: status, effects: adminState.effects,
            isReachable: status == .online, isPrimary: isPrimary, monitorCount: monitorCount, traffic: NodeTraffic())
    }
}

extension FixtureControl.Script {
    /// node1 with 5 monitors, node2 with 1200 (above the limit of 1000), node3 offline.
    static func threeNodes() -> FixtureControl.Script {
        var nodes: [FixtureNode] = []
        if var node = try? FixtureNode("node1", name: "First") {
            node.monitorCount = 5
            node.isPrimary = true
            nodes.append(node)
        }
        if var node = try? FixtureNode("node2", name: "Second") {
            node.monitorCount = 1_200
            nodes.append(node)
        }
        if let node = try? FixtureNode("node3", name: "Third", status: .offline) { nodes.append(node) }
        return of(nodes)
    }

    static func of(_ nodes: [FixtureNode], isSetUp: Bool = true) -> FixtureControl.Script {
        let leader = BalancerID(text: "lb-test-1")
        let presence = BalancerPresence(id: leader, address: "127.0.0.1:8084", version: "1.0.0")
        let snapshot = ControlPlaneSnapshot(
            nodes: nodes.map(\.snapshot), isSetUp: isSetUp, monitorLimit: 1_000, unassignedCount: 2, orphanedCount: 1,
            leadership: LeadershipSnapshot(
                leader: leader, epoch: 4, expiresIn: .seconds(8), isSelf: true,
                balancers: [BalancerRecord(presence: presence, lastSeenAge: .seconds(1))]),
            database: DatabaseSnapshot(isReachable: true, since: .now, lastError: nil, lastRead: .now),
            checks: CheckStatistics(), tableGeneration: 9)
        let table = RoutingTable(
            generation: 9, isSetupPending: !isSetUp, nodes: nodes.map(\.routing), monitorLimit: 1_000)
        return FixtureControl.Script(snapshot: snapshot, routingTable: table)
    }

    /// The database has been away for a while.
    mutating func loseDatabase() {
        snapshot.database = DatabaseSnapshot(
            isReachable: false, since: .now - .seconds(15),
            lastError: .unavailable(reason: "connection refused by db.internal:3306"),
            lastRead: .now - .seconds(16))
        storeError = .unavailable(reason: "connection refused by db.internal:3306")
    }
}

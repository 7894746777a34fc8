import ClusterCore
import ClusterStore
import KumaTables
import MariaDB
import Synchronization

/// A clock that only a test moves. Begins at 2026-01-01T00:00:00Z.
final class TestClock: Sendable {
    private let time = Mutex<Duration>(.seconds(1_767_225_600))

    var now: Duration { time.withLock(\.self) }
    func advance(by span: Duration) { time.withLock { $0 += span } }
}

func node(_ text: String) throws -> NodeID { try NodeID(text) }
func reference(_ text: String) -> NodeReference { NodeReference(text: text) }

extension MariaDBClusterStore {
    /// As the programs do: tried again while a table is in use, and be it by MariaDB itself.
    func preparedSchema() async throws(StoreError) -> SchemaReport {
        try await AskedAgain.whenFree(within: .seconds(30)) { () async throws(StoreError) in try await prepareSchema() }
    }
}

extension KumaTables {
    /// With a user, as after first-time set-up.
    func makeSetUp(on connection: Connection) async throws {
        try await create(on: connection)
        if contains(.user) { try await connection.execute("INSERT INTO `user` (username) VALUES ('admin')") }
    }
}

extension AgentReport {
    static func beat(
        _ node: NodeID, _ instance: String = "a", status: NodeStatus = .online, host: String = "kuma:3001",
        health: AgentHealth = .healthy, detail: String = "200 in 3 ms", hostPrecedence: HostPrecedence = .row
    ) -> AgentReport {
        AgentReport(
            node: node, name: "Node \(node)", host: host, isPrimary: false, instance: AgentInstance(text: instance),
            version: "1.0", status: status, health: health, detail: detail, okStreak: 3, failStreak: 0,
            probeTime: .milliseconds(7), interval: .milliseconds(2_500), hostPrecedence: hostPrecedence)
    }
}

extension SpokenStatus {
    static func verdict(_ status: NodeStatus, of node: NodeID) -> SpokenStatus {
        SpokenStatus(
            node: node, status: status, okStreak: 0, failStreak: 3, detail: "refused", silentFor: .seconds(8))
    }
}

extension PlannedMove {
    static func failover(_ monitor: Int64, from: String, to: NodeID) -> PlannedMove {
        PlannedMove(monitor: MonitorID(monitor), from: reference(from), to: to, reason: .failover)
    }
}

extension ControlStore {
    /// The lease, which the caller expects to be free.
    func lead(_ name: String = "one") async throws -> Lease {
        switch try await acquireLease(holder: BalancerID(text: name), ttl: .seconds(10)) {
        case .held(let lease, _): return lease
        case .heldByOther(let other, _, _): throw UnexpectedHolder(other: other)
        }
    }
}

struct UnexpectedHolder: Error { let other: BalancerID }

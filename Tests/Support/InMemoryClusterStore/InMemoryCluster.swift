package import ClusterCore
package import ClusterStore
import Synchronization

/// The tables behind `InMemoryClusterStore`, and the hands of everybody else who writes to them: Kuma itself and people.
///
/// Time comes from the given clock, so that a simulation decides how it passes. Several stores may share one cluster, as
/// several processes share one database.
package final class InMemoryCluster: Sendable {
    /// One row of `node`.
    struct NodeRow: Sendable {
        var id: String
        var name: String
        var host: String?
        var status = "online"
        var isActive = true
        var isPrimary = false
        var lastSeen: Duration?
        var adminState = AdminWord.known(.active)
        var monitorCount = 0
        var agentHealth: AgentHealth?
        var agentDetail: String?
        var agentInstance: AgentInstance?
        var agentVersion: String?
        var okStreak = 0
        var failStreak = 0
        var probeTime: Duration?
        var agentInterval: Duration?
        var lastReport: Duration?
        var statusVerdict: NodeStatus?
        var statusSince: Duration?
    }

    /// One row of `cluster_move`.
    struct MoveRow: Sendable {
        let entry: OpenMove
        let movedAt: Duration
        var closedAt: Duration?
        var outcome: MoveOutcome?
    }

    struct LeaseRow: Sendable {
        var holder: String
        var epoch: Int64
        var expiresAt: Duration
    }

    struct State: Sendable {
        var nodes: [String: NodeRow] = [:]
        var monitors: [MonitorID: MonitorAssignment] = [:]
        var isSetUp = true
        var lease: LeaseRow?
        var moves: [Int64: MoveRow] = [:]
        /// The one open entry a monitor may have.
        var openMoves: [MonitorID: Int64] = [:]
        var lastMove: Int64 = 0
        /// Ascending by id.
        var jobs: [RebalanceJob] = []
        var lastJob: Int64 = 0
        var pause: PauseOrder?
        var events: [RecordedEvent] = []
        var lastEvent: Int64 = 0
        var balancers: [BalancerID: (presence: BalancerPresence, lastSeen: Duration)] = [:]
        var outage: StoreError?
    }

    let state = Mutex(State())
    private let clock: @Sendable () -> Duration

    /// - Parameter now: the database's clock: the time since 1970, UTC.
    package init(now: @escaping @Sendable () -> Duration = InMemoryCluster.systemTime) { clock = now }

    /// The machine's clock, for tests that let real time pass.
    package static func systemTime() -> Duration {
        let elapsed = ContinuousClock.now - startInstant
        return startTime + elapsed
    }

    private static let startInstant = ContinuousClock.now
    /// 2026-01-01T00:00:00Z: any fixed day will do.
    private static let startTime: Duration = .seconds(1_767_225_600)

    var now: Duration { clock() }

    // MARK: - As Kuma does

    /// Kuma starts: it writes its own row, status `online` included, whatever stood there (KUMA.md).
    package func kumaStarts(
        _ id: NodeID, name: String? = nil, host: String? = nil, role: KumaRole = .secondary
    ) {
        let seen = now
        state.withLock { state in
            var row = state.nodes[id.text] ?? NodeRow(id: id.text, name: id.text)
            row.name = name ?? row.name
            row.host = host ?? row.host
            row.status = NodeStatus.online.rawValue
            row.isPrimary = role == .primary
            row.lastSeen = seen
            state.nodes[id.text] = row
        }
    }

    /// `is_primary`, as Kuma's `UPTIME_KUMA_PRIMARY` sets it.
    package enum KumaRole: Sendable {
        case primary, secondary
    }

    /// First-time set-up: whether `user` has a row. True from the beginning.
    package func setUp(_ stage: SetUp) { state.withLock { $0.isSetUp = stage == .done } }

    package enum SetUp: Sendable {
        case pending, done
    }

    // MARK: - As people do

    /// Adds a monitor, or replaces it with another home, assignment or activity.
    package func put(_ monitor: MonitorAssignment) { state.withLock { $0.monitors[monitor.id] = monitor } }

    package func removeMonitor(_ id: MonitorID) { _ = state.withLock { $0.monitors.removeValue(forKey: id) } }

    /// Sets `assigned_node` by hand.
    package func assign(_ id: MonitorID, to node: NodeReference?) {
        state.withLock { $0.monitors[id]?.assigned = node }
    }

    package func removeNode(_ id: NodeID) { _ = state.withLock { $0.nodes.removeValue(forKey: id.text) } }

    /// Writes `active = 0`: Kuma's way to retire a node.
    package func retireNode(_ id: NodeID) { state.withLock { $0.nodes[id.text]?.isActive = false } }

    /// Writes any text into `status`, as only a person or another program would.
    package func writeStatus(_ text: String, of id: NodeID) { state.withLock { $0.nodes[id.text]?.status = text } }

    /// Writes any text into `admin_state`, as a later version would.
    package func writeAdminState(_ text: String, of id: NodeID) {
        state.withLock { $0.nodes[id.text]?.adminState = AdminWord(column: text) }
    }

    // MARK: - As fate does

    /// From now on every call fails with `error`; nil ends that.
    package func fail(with error: StoreError?) { state.withLock { $0.outage = error } }

    // MARK: - To look at

    package func monitor(_ id: MonitorID) -> MonitorAssignment? { state.withLock { $0.monitors[id] } }

    /// Every journal entry ever made, ascending by id, with its outcome; nil is open.
    package var journal: [(entry: OpenMove, outcome: MoveOutcome?)] {
        state.withLock { state in
            state.moves.values.sorted { $0.entry.id < $1.entry.id }.map { ($0.entry, $0.outcome) }
        }
    }
}

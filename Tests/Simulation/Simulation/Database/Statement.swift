import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// What a call asks of the database, as far as the oracle cares.
enum Statement: Sendable {
    case read(String)
    case poll
    /// Writes nothing that an invariant speaks of.
    case other(String)
    case report(AgentReport)
    case detach(NodeID, AgentInstance)
    case acquire(BalancerID)
    case release(Lease)
    case speak(SpokenStatus, Lease)
    case move([PlannedMove], Lease)
    case giveBack([OpenMove], Lease)
    case forget([OpenMove], Lease)
    case rebalance([PlannedMove], Lease)

    /// Whether executing it a second time is worth a simulation's while.
    var writes: Bool {
        switch self {
        case .read, .poll: false
        case .other, .report, .detach, .acquire, .release, .speak, .move, .giveBack, .forget, .rebalance: true
        }
    }

    /// Written under the lease.
    var isLeaders: Bool {
        switch self {
        case .speak, .move, .giveBack, .forget, .rebalance: true
        case .read, .poll, .other, .report, .detach, .acquire, .release: false
        }
    }

    var text: String {
        switch self {
        case .read(let name), .other(let name): name
        case .poll: "poll"
        case .report(let report): "report \(report.node) \(report.status.rawValue) ok \(report.okStreak)"
        case .detach(let node, _): "detach \(node)"
        case .acquire(let holder): "acquire lease for \(holder)"
        case .release(let lease): "release lease of epoch \(lease.epoch)"
        case .speak(let spoken, let lease):
            "speak for \(spoken.node): \(spoken.status.rawValue) (epoch \(lease.epoch))"
        case .move(let moves, let lease):
            "move \(moves.map { "\($0.monitor):\($0.from)>\($0.to)" }.joined(separator: " ")) (epoch \(lease.epoch))"
        case .giveBack(let entries, let lease):
            "return \(entries.map { "\($0.monitor)" }.joined(separator: " ")) (epoch \(lease.epoch))"
        case .rebalance(let moves, let lease):
            "rebalance \(moves.map { "\($0.monitor):\($0.from)>\($0.to)" }.joined(separator: " ")) (epoch \(lease.epoch))"
        case .forget(let entries, let lease):
            "forget \(entries.map { "\($0.monitor)" }.joined(separator: " ")) (epoch \(lease.epoch))"
        }
    }
}

/// One call as it reaches the tables.
struct Arrival: Sendable {
    enum Manner: Sendable, Equatable {
        case first
        /// Executed after its caller had given up on it, or for the second time.
        case stray
    }

    let caller: SimulatedProcess
    let statement: Statement
    let sentAt: Duration
    /// When the caller's snapshot of the tables was read.
    let snapshotOf: Duration?
    let manner: Manner
}

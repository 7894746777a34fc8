package import ClusterCore
package import ClusterStore
import Synchronization

/// What a simulation compares its own bookkeeping with. Looking changes nothing and takes no part in an outage.
extension InMemoryCluster {
    /// What a `node` row says to a poll.
    package enum NodeSight: Sendable, Equatable {
        case present(NodeRecord)
        /// The row is there, and holds a word that nobody knows.
        case unreadable
        /// No row, or one with `active = 0`: to a balancer the node does not exist.
        case absent
    }

    package struct LeaseSight: Sendable, Equatable {
        package let lease: Lease
        package let isValid: Bool
        /// Until it ends, by the database's clock.
        package let remaining: Duration
    }

    /// Every monitor, ascending by id.
    package var monitors: [MonitorAssignment] { state.withLock { $0.monitors.values.sorted { $0.id < $1.id } } }

    /// The ids of all rows, retired ones included, ascending.
    package var nodeNames: [String] { state.withLock { $0.nodes.keys.sorted() } }

    /// As a poll sees it.
    package func sight(of node: String) -> NodeSight { sight(of: node) { $0.isActive } }

    /// The row itself, retired or not.
    package func rawSight(of node: String) -> NodeSight { sight(of: node) { _ in true } }

    private func sight(of node: String, where isSeen: (NodeRow) -> Bool) -> NodeSight {
        let now = now
        return state.withLock { state in
            guard let row = state.nodes[node], isSeen(row) else { return .absent }
            guard let record = try? row.record(now: now) else { return .unreadable }
            return .present(record)
        }
    }

    /// The lease row; nil before the first election and after a lease was given back.
    package var leaseSight: LeaseSight? {
        let now = now
        return state.withLock { state in
            guard let row = state.lease, !row.holder.isEmpty else { return nil }
            let lease = Lease(holder: BalancerID(text: row.holder), epoch: row.epoch)
            return LeaseSight(lease: lease, isValid: row.expiresAt > now, remaining: row.expiresAt - now)
        }
    }

    package var activeJob: RebalanceJob? { state.withLock { $0.jobs.last { $0.isActive } } }

    /// How many monitors moved away, and returned, by the history.
    package var historyCounts: (moved: Int, returned: Int) {
        state.withLock { state in
            state.events.reduce(into: (moved: 0, returned: 0)) { counts, recorded in
                switch recorded.event.kind {
                case .monitorsMoved: counts.moved += recorded.event.monitorCount
                case .monitorsReturned: counts.returned += recorded.event.monitorCount
                case .nodeRegistered, .hostChanged, .nodeOnline, .nodeRecovering, .nodeOffline, .nodeDegraded,
                    .agentSilent, .agentReturned, .agentConflict, .adminStateChanged, .leaderElected, .overCapacity,
                    .automationPaused, .automationResumed, .databaseReturned, .rebalanceStarted,
                    .rebalanceFinished, .rebalanceCancelled, .rebalanceFailed:
                    break
                }
            }
        }
    }

    /// The highest journal id given so far.
    package var lastMove: Int64 { state.withLock { $0.lastMove } }

    /// The entries without an outcome, found by reading the whole journal and not by its index; ascending by id.
    package var openEntries: [OpenMove] {
        state.withLock { state in
            state.moves.values.filter { $0.outcome == nil }.map(\.entry).sorted { $0.id < $1.id }
        }
    }

    package func entry(_ id: Int64) -> (entry: OpenMove, outcome: MoveOutcome?)? {
        state.withLock { state in state.moves[id].map { ($0.entry, $0.outcome) } }
    }
}

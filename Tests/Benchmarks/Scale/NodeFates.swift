import ClusterCore
import Synchronization

/// Which of the simulated nodes are dead: what the agents beside them and the balancer's probes find.
final class NodeFates: NodeProbe, NodeTether {
    private struct State {
        var dead: Set<NodeAddress> = []
        /// Of the agents' idle connections: a death ends them at once, as the kernel does.
        var tethers: [NodeAddress: [AsyncStream<Void>.Continuation]] = [:]
    }

    private let state = Mutex(State())

    func kill(_ address: NodeAddress) {
        let tethers = state.withLock { state in
            state.dead.insert(address)
            return state.tethers.removeValue(forKey: address) ?? []
        }
        for tether in tethers { tether.yield() }
    }

    func revive(_ address: NodeAddress) { state.withLock { _ = $0.dead.remove(address) } }

    func isDead(_ address: NodeAddress) -> Bool { state.withLock { $0.dead.contains(address) } }

    func isDead(host: String) -> Bool { state.withLock { state in state.dead.contains { $0.host == host } } }

    /// The agent's own check: without a connection, whose cost would be the node's and not the cluster's.
    func probe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult {
        isDead(address)
            ? ProbeResult(finding: .unhealthy, detail: "connection refused", duration: .milliseconds(1))
            : ProbeResult(finding: .healthy, detail: "200 in 3 ms", duration: .milliseconds(3))
    }

    func hold(_ address: NodeAddress) async -> TetherEnd {
        let (ends, ending) = AsyncStream<Void>.makeStream()
        let isDead = state.withLock { state in
            guard !state.dead.contains(address) else { return true }
            state.tethers[address, default: []].append(ending)
            return false
        }
        guard !isDead else { return .notConnected }
        for await _ in ends { return .closed }
        return .cancelled
    }
}

/// A node that would re-read its monitors.
struct ObedientNode: ReconcileTrigger {
    func reconcile(_ address: NodeAddress, timeout: Duration) async -> ReconcileOutcome { .done }
}

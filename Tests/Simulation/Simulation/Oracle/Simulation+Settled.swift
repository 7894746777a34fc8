import AgentCore
import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// The end of a run: what the tables cannot tell.
extension Simulation {
    func checkSettled() {
        oracle.checkSettled(reporting: Set(livingAgents.map(\.configuration.node)))
        checkLeader()
        checkRunning()
    }

    private func checkLeader() {
        let leaders = livingBalancers.filter(\.leads).map(\.process.name)
        if leaders.count != 1 { oracle.fail(.settledLeader, "leaders: \(leaders)") }
        guard let sight = tables.leaseSight, sight.isValid, leaders == [sight.lease.holder.text] else {
            return oracle.fail(.settledLeader, "the lease row names somebody else than \(leaders)")
        }
    }

    private func checkRunning() {
        var runners: [MonitorID: [NodeID]] = [:]
        for kuma in kumas where kuma.phase == .serving {
            for (monitor, loops) in kuma.loops {
                runners[monitor, default: []] += Array(repeating: kuma.id, count: loops)
            }
        }
        for monitor in tables.monitors {
            let found = (runners[monitor.id] ?? []).sorted()
            let owner = kumas.first { kuma in
                monitor.isActive && kuma.phase == .serving && monitor.effective == NodeReference(kuma.id)
            }
            if found != (owner.map { [$0.id] } ?? []) {
                oracle.fail(
                    .settledRunning,
                    "monitor \(monitor.id) is run by \(found), and should be by \(owner?.id.text ?? "nobody")")
            }
        }
    }
}

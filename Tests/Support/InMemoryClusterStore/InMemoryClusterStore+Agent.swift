package import ClusterCore
package import ClusterStore

extension InMemoryClusterStore {
    package func report(_ report: AgentReport) throws(StoreError) -> ReportAnswer {
        try step { state, now throws(StoreError) in
            let known = state.nodes[report.node.text]
            if let known, let other = known.liveOwner(besides: report.instance, now: now) {
                return ReportAnswer(.conflict(with: other.instance, age: other.age))
            }
            var row =
                known
                ?? InMemoryCluster.NodeRow(
                    id: report.node.text, name: report.name, host: report.host, isPrimary: report.isPrimary)
            row.judge(report.status, at: now)
            var replaced: String?
            switch report.hostPrecedence {
            case .row: if row.host?.isEmpty ?? true { row.host = report.host }
            case .agent:
                if row.host != report.host { replaced = row.host ?? "" }
                row.host = report.host
            }
            row.agentHealth = report.health
            row.agentDetail = report.detail
            row.agentInstance = report.instance
            row.agentVersion = report.version
            row.okStreak = report.okStreak
            row.failStreak = report.failStreak
            row.probeTime = report.probeTime
            row.agentInterval = report.interval
            row.lastReport = now
            row.monitorCount = state.monitorCount(of: report.node)
            state.nodes[report.node.text] = row
            return ReportAnswer(
                known == nil ? .registered : .written, mark: MonitorsMark(of: state.monitors(runBy: report.node)),
                replacedHost: replaced)
        }
    }

    package func detach(_ node: NodeID, instance: AgentInstance) throws(StoreError) {
        try step { state, _ throws(StoreError) in
            guard state.nodes[node.text]?.agentInstance == instance else { return }
            state.nodes[node.text]?.agentHealth = .detached
        }
    }
}

extension InMemoryCluster.NodeRow {
    /// Another agent that is alive: not detached, and heard of within `AgentReport.ownershipTTL`. A report from
    /// the future says nothing: the clock stepped back since.
    fileprivate func liveOwner(
        besides instance: AgentInstance, now: Duration
    ) -> (instance: AgentInstance, age: Duration)? {
        guard let owner = agentInstance, owner != instance, agentHealth != .detached, let lastReport,
            (DatabaseClock.leastAge...AgentReport.ownershipTTL).contains(now - lastReport)
        else { return nil }
        return (owner, now - lastReport)
    }

    /// Whether nobody but a balancer speaks for it.
    func isSilent(for span: Duration, now: Duration) -> Bool {
        guard let lastReport, agentHealth != .detached else { return true }
        return now - lastReport > span || now - lastReport < DatabaseClock.leastAge
    }
}

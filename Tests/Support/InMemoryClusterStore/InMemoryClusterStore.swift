package import ClusterCore
package import ClusterStore
import Synchronization

/// The contract of `ClusterStore` on tables in memory: for the tests of the layers above, and for simulations, which give
/// it their own clock. Each call is one step, made at once: nothing of another caller happens inside it.
package struct InMemoryClusterStore: ClusterStore {
    package let cluster: InMemoryCluster

    package init(_ cluster: InMemoryCluster = InMemoryCluster()) { self.cluster = cluster }

    /// Runs one call on the tables, unless the cluster is to fail.
    func step<Result: Sendable>(
        _ body: (inout InMemoryCluster.State, _ now: Duration) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let now = cluster.now
        return try cluster.state.withLock { state throws(StoreError) in
            if let outage = state.outage { throw outage }
            return try body(&state, now)
        }
    }

    package func prepareSchema() throws(StoreError) -> SchemaReport {
        try step { _, _ throws(StoreError) in SchemaReport(added: [], waitingForKuma: []) }
    }

    // MARK: - Poll

    package func poll() throws(StoreError) -> PollAnswer {
        try step { state, now throws(StoreError) in
            var nodes: [NodeRecord] = []
            var rejected: [String] = []
            for row in state.nodes.values.sorted(by: { $0.id < $1.id }) where row.isActive {
                do { nodes.append(try row.record(now: now)) } catch { rejected.append("\(error)") }
            }
            return PollAnswer(
                nodes: nodes, rejectedRows: rejected, isSetUp: state.isSetUp, fingerprint: state.fingerprint,
                orders: state.orders(now: now), time: now)
        }
    }

    package func assignments() throws(StoreError) -> [MonitorAssignment] {
        try step { state, _ throws(StoreError) in state.monitors.values.sorted { $0.id < $1.id } }
    }

    package func monitors(runBy node: NodeID) throws(StoreError) -> [MonitorID] {
        try step { state, _ throws(StoreError) in state.monitors(runBy: node).sorted() }
    }

    package func node(_ id: NodeID) throws(StoreError) -> NodeRecord? {
        try step { state, now throws(StoreError) in
            guard let row = state.nodes[id.text] else { return nil }
            do { return try row.record(now: now) } catch { throw .refused(code: 0, reason: "\(error)") }
        }
    }

    package func recountMonitors() throws(StoreError) -> [MonitorRecount] {
        try step { state, _ throws(StoreError) in
            var recounts: [MonitorRecount] = []
            for row in state.nodes.values.sorted(by: { $0.id < $1.id }) where row.isActive {
                guard let id = try? NodeID(row.id) else { continue }
                let after = state.monitorCount(of: id)
                recounts.append(MonitorRecount(node: id, before: row.monitorCount, after: after))
                state.nodes[row.id]?.monitorCount = after
            }
            return recounts
        }
    }

    // MARK: - Balancers

    @discardableResult
    package func announce(_ balancer: BalancerPresence) throws(StoreError) -> [BalancerRecord] {
        try step { state, now throws(StoreError) in
            state.balancers[balancer.id] = (balancer, now)
            state.balancers = state.balancers.filter { now - $0.value.lastSeen <= PresenceLimits.keep }
        }
        return try balancers()
    }

    package func balancers() throws(StoreError) -> [BalancerRecord] {
        try step { state, now throws(StoreError) in
            state.balancers.values.sorted { $0.presence.id.text < $1.presence.id.text }
                .map { BalancerRecord(presence: $0.presence, lastSeenAge: now - $0.lastSeen) }
        }
    }

    // MARK: - People and history

    package func setAdminState(_ adminState: AdminState, of node: NodeID) throws(StoreError) -> Bool {
        try step { state, _ throws(StoreError) in
            guard state.nodes[node.text] != nil else { return false }
            state.nodes[node.text]?.adminState = .known(adminState)
            return true
        }
    }

    package func record(_ events: [ClusterEvent]) throws(StoreError) {
        try step { state, now throws(StoreError) in
            state.append(events, at: now)
            state.events.removeFirst(max(0, state.events.count - HistoryLimits.events))
        }
    }

    package func events(_ query: EventQuery) throws(StoreError) -> [RecordedEvent] {
        try step { state, _ throws(StoreError) in
            let limit = min(max(query.limit, 1), HistoryLimits.page)
            let found = state.events.reversed().lazy.filter { recorded in
                query.before.map { recorded.id < $0 } ?? true
                    && query.node.map { recorded.event.node == $0 } ?? true
                    && query.kind.map { recorded.event.kind == $0 } ?? true
            }
            return Array(found.prefix(limit))
        }
    }
}

extension InMemoryCluster.State {
    func monitorCount(of node: NodeID) -> Int {
        monitors.values.count { $0.isActive && $0.effective == NodeReference(node) }
    }

    func monitors(runBy node: NodeID) -> [MonitorID] {
        monitors.values.filter { $0.isActive && $0.effective == NodeReference(node) }.map(\.id)
    }

    var fingerprint: AssignmentFingerprint {
        var checksum: UInt64 = 0
        for monitor in monitors.values {
            var hasher = Hasher()
            hasher.combine(monitor)
            checksum ^= UInt64(bitPattern: Int64(hasher.finalize()))
        }
        return AssignmentFingerprint(count: monitors.count, checksum: checksum)
    }
}

extension InMemoryCluster.NodeRow {
    func record(now: Duration) throws(RejectedRow) -> NodeRecord {
        let (id, status) = try RejectedRow.check(id: id, status: status)
        return NodeRecord(
            id: id, name: name, host: host, status: status, isPrimary: isPrimary, adminState: adminState,
            monitorCount: monitorCount, agentHealth: agentHealth, agentDetail: agentDetail,
            agentInstance: agentInstance, agentVersion: agentVersion, okStreak: okStreak, failStreak: failStreak,
            probeTime: probeTime, agentInterval: agentInterval, reportAge: lastReport.map { now - $0 },
            statusAge: statusSince.map { now - $0 },
            lastSeen: lastSeen.map { TimeStamp.secondsText($0) })
    }

    /// A verdict of whoever speaks for the node. `status_since` follows our own verdicts and not the `status` column, which
    /// Kuma sets to `online` whenever it starts.
    mutating func judge(_ verdict: NodeStatus, at now: Duration) {
        if statusVerdict != verdict { statusSince = now }
        statusVerdict = verdict
        status = verdict.rawValue
    }
}

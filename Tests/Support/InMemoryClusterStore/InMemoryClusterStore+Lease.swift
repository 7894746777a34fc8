package import ClusterCore
package import ClusterStore

extension InMemoryClusterStore {
    package func acquireLease(holder: BalancerID, ttl: Duration) throws(StoreError) -> LeaseAnswer {
        try step { state, now throws(StoreError) in
            let known = state.lease
            let remaining = known.map { $0.expiresAt - now } ?? .zero
            let isStanding = LeaseLimits.isStanding(remaining: remaining, ttl: ttl)
            if let known, isStanding, known.holder != holder.text {
                return .heldByOther(BalancerID(text: known.holder), epoch: known.epoch, expiresIn: remaining)
            }
            let isNew = !isStanding || known?.holder != holder.text
            let epoch = (known?.epoch ?? 0) + (isNew ? 1 : 0)
            state.lease = InMemoryCluster.LeaseRow(holder: holder.text, epoch: epoch, expiresAt: now + ttl)
            return .held(Lease(holder: holder, epoch: epoch), isNew: isNew)
        }
    }

    package func releaseLease(_ lease: Lease) throws(StoreError) {
        try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { return }
            state.lease?.holder = ""
            state.lease?.expiresAt = .zero
        }
    }

    package func speak(_ statement: SpokenStatus, under lease: Lease) throws(StoreError) -> Bool {
        try step { state, now throws(StoreError) in
            guard state.holds(lease, now: now) else { throw .leaseLost }
            guard var row = state.nodes[statement.node.text], row.isActive,
                row.isSilent(for: statement.silentFor, now: now)
            else { return false }
            row.judge(statement.status, at: now)
            row.okStreak = statement.okStreak
            row.failStreak = statement.failStreak
            row.agentDetail = statement.detail
            state.nodes[statement.node.text] = row
            return true
        }
    }
}

extension InMemoryCluster.State {
    func holds(_ lease: Lease, now: Duration) -> Bool {
        guard let row = self.lease else { return false }
        return row.holder == lease.holder.text && row.epoch == lease.epoch && row.expiresAt > now
    }
}

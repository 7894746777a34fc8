package import ClusterCore
package import ClusterStore
import Logging
import Synchronization

/// What people order. Any balancer takes an order: it writes it into the database, where the leader finds it with its next
/// poll. A redirect to the leader would need an address that the client can reach, and would lose what was asked while
/// nobody leads.
extension ControlPlane {
    // MARK: - Rebalancing

    package func planRebalance(_ request: RebalanceRequest) async throws(StoreError) -> RebalanceOutline {
        // Only administrators plan, so that no crowd of readers can turn them away.
        let open = try await readingStore.openMoves()
        guard let snapshot = shared.withLock({ $0.report.snapshot }), snapshot.source == .database else {
            throw .unavailable(reason: "the tables have not been read yet")
        }
        let plan = RebalancePlan(
            request.kind, assignments: snapshot.assignments, open: open,
            ownership: Ownership.map(of: snapshot.nodes, limits: configuration.judge), orphans: snapshot.orphans,
            limit: request.limit)
        return RebalanceOutline(moves: plan.moves.count, routes: plan.routes, kept: plan.kept)
    }

    package func requestRebalance(
        _ request: RebalanceRequest, by: String
    ) async throws(StoreError) -> RebalanceAnswer {
        let outline = try await planRebalance(request)
        let orders = shared.withLock { $0.report.snapshot?.orders ?? StandingOrders() }
        if let pause = orders.activePause { return .paused(pause) }
        guard outline.moves > 0 else { return orders.job == nil ? .balanced(outline) : .busy }
        let order = RebalanceOrder(kind: request.kind, total: outline.moves, requestedBy: by)
        guard let job = try await store.requestJob(order) else { return .busy }
        logger.notice(
            "a rebalancing was asked for",
            metadata: ["job": "\(job.id)", "kind": "\(job.kind.rawValue)", "moves": "\(job.total)", "by": "\(by)"])
        passSoon()
        return .started(job, outline)
    }

    package func cancelRebalance() async throws(StoreError) -> RebalanceJob? {
        let job = try await store.cancelJob()
        if job != nil { passSoon() }
        return job
    }

    // MARK: - Nodes

    package func setAdminState(
        _ state: AdminState, of node: NodeID, by: String
    ) async throws(StoreError) -> Int? {
        guard try await store.setAdminState(state, of: node) else { return nil }
        logger.notice(
            "a person changed a node's admin state",
            metadata: ["node": "\(node)", "admin_state": "\(state.rawValue)", "by": "\(by)"])
        await recordOrder(
            ClusterEvent(.adminStateChanged, node: node, detail: "\(node) was set to \(state.rawValue) by \(by)"))
        passSoon()
        switch state.effects.monitors {
        case .taken, .kept, .untouched: return 0
        case .leave:
            return shared.withLock { state in
                guard let snapshot = state.report.snapshot, snapshot.orders.activePause == nil else { return 0 }
                return snapshot.census[node].effective
            }
        }
    }

    // MARK: - Pause

    package func pause(_ order: PauseOrder) async throws(StoreError) {
        try await store.pause(order)
        logger.notice("automatic moves are paused", metadata: ["by": "\(order.by)", "reason": "\(order.reason)"])
        let reason = order.reason.isEmpty ? "" : ": \(order.reason)"
        await recordOrder(ClusterEvent(.automationPaused, detail: "automatic moves paused by \(order.by)\(reason)"))
        passSoon()
    }

    package func resume(by: String) async throws(StoreError) -> Bool {
        guard try await store.resume(.any) else { return false }
        logger.notice("automatic moves go on", metadata: ["by": "\(by)"])
        await recordOrder(ClusterEvent(.automationResumed, detail: "automatic moves resumed by \(by)"))
        passSoon()
        return true
    }

    /// The order stands already; a history that cannot be written must not make it look refused.
    private func recordOrder(_ event: ClusterEvent) async {
        do { try await store.record([event]) } catch {
            logger.error(
                "an event is lost: the history cannot be written",
                metadata: ["event": "\(event.detail)", "error": "\(error)"])
        }
    }

    /// The next pass begins now.
    private func passSoon() {
        let now = clock.now()
        shared.withLock { $0.nextPass = min($0.nextPass, now) }
    }
}

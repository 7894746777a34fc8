import ClusterCore
import ClusterStore
import ControlPlane

extension FixtureControl {
    /// Notes the call and gives what the script says, unless the database is to fail.
    private func take(_ call: String) throws(StoreError) -> Script {
        change { $0.asked.append(call) }
        let script = current
        if let error = script.storeError { throw error }
        return script
    }

    func moves(_ query: MoveQuery) async throws(StoreError) -> [RecordedMove] {
        let script = try take(
            "moves \(query.limit) \(query.before ?? 0) \(query.node?.text ?? "") \(query.reason?.rawValue ?? "")")
        return Array(script.moves.filter { $0.id < query.before ?? .max }.prefix(query.limit))
    }

    func planRebalance(_ request: RebalanceRequest) async throws(StoreError) -> RebalanceOutline {
        try take("plan \(request.kind) \(request.limit ?? 0)").outline
    }

    func requestRebalance(_ request: RebalanceRequest, by: String) async throws(StoreError) -> RebalanceAnswer {
        let script = try take("request \(request.kind) \(request.limit ?? 0) by \(by)")
        return script.answer ?? .balanced(script.outline)
    }

    func cancelRebalance() async throws(StoreError) -> RebalanceJob? { try take("cancel").jobs.first { $0.isActive } }

    func rebalanceJobs() async throws(StoreError) -> [RebalanceJob] { try take("jobs").jobs }

    func setAdminState(_ state: AdminState, of node: NodeID, by: String) async throws(StoreError) -> Int? {
        let script = try take("\(state) \(node) by \(by)")
        return script.snapshot.nodes.contains { $0.record.id == node } ? script.leaving : nil
    }

    func pause(_ order: PauseOrder) async throws(StoreError) {
        _ = try take("pause by \(order.by): \(order.reason) until \(order.until?.components.seconds ?? 0)")
    }

    func resume(by: String) async throws(StoreError) -> Bool {
        try take("resume by \(by)").snapshot.orders.pause != nil
    }
}

import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// What an agent asks; its loops wait for the answers.
extension SimulatedStore: AgentStore {
    private func call<Answer: Sendable>(
        _ statement: Statement, _ body: @escaping Body<Answer>
    ) async throws(StoreError) -> Answer {
        let outcome = await withUnsafeContinuation { (waiter: UnsafeContinuation<Outcome<Answer>, Never>) in
            send(statement, body) { waiter.resume(returning: $0) }
        }
        return try outcome.get()
    }

    func prepareSchema() async throws(StoreError) -> SchemaReport {
        try await call(.other("schema")) { () throws(StoreError) in try inner.prepareSchema() }
    }

    func report(_ report: AgentReport) async throws(StoreError) -> ReportAnswer {
        try await call(.report(report)) { () throws(StoreError) in try inner.report(report) }
    }

    func detach(_ node: NodeID, instance: AgentInstance) async throws(StoreError) {
        try await call(.detach(node, instance)) { () throws(StoreError) in
            try inner.detach(node, instance: instance)
        }
    }

    func monitors(runBy node: NodeID) async throws(StoreError) -> [MonitorID] {
        try await call(.read("monitors")) { () throws(StoreError) in try inner.monitors(runBy: node) }
    }

    func node(_ id: NodeID) async throws(StoreError) -> NodeRecord? {
        try await call(.read("node")) { () throws(StoreError) in try inner.node(id) }
    }

    func setAdminState(_ state: AdminState, of node: NodeID) async throws(StoreError) -> Bool {
        try await call(.other("admin state")) { () throws(StoreError) in try inner.setAdminState(state, of: node) }
    }

    func record(_ events: [ClusterEvent]) async throws(StoreError) {
        try await call(.other("record")) { () throws(StoreError) in try inner.record(events) }
    }
}

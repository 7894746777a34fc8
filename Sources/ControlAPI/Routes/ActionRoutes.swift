import ClusterCore
import ClusterStore
import ControlPlane

/// What an administrator can set in motion.
struct ActionRoutes: Sendable {
    let sources: AnswerSources

    var endpoints: [Endpoint] {
        let updateLoads: Endpoint.Action = { _ throws(Refusal) in try await self.updateLoads() }
        return [
            Endpoint("/lb/trigger-health-check", .admin, [.post: { _ in await triggerHealthCheck() }]),
            Endpoint("/lb/update-loads", .admin, [.get: updateLoads, .post: updateLoads]),
        ]
    }

    private func triggerHealthCheck() async -> Answer {
        let checks = await sources.control.probeAllNodes()
        let nodes = checks.map { check -> JSON in
            [
                "node_id": .string(check.node.text),
                "healthy": .bool(ActionRoutes.isHealthy(check.result)),
                "detail": .string(check.result?.detail ?? "the node has no address that could be probed"),
                "ms": JSON(check.result?.duration.milliseconds),
            ]
        }
        let healthy = checks.count { ActionRoutes.isHealthy($0.result) }
        let body: JSON = [
            "status": "success",
            "message": .string("\(healthy) of \(checks.count) nodes are healthy"),
            "nodes": .array(nodes),
        ]
        return .json(body.adding(sources.control.state.staleMarks(Moment.now)))
    }

    /// A degraded node lives: it is the database that is not well.
    private static func isHealthy(_ result: ProbeResult?) -> Bool {
        switch result?.finding {
        case .healthy, .degraded: true
        case .unhealthy, nil: false
        }
    }

    private func updateLoads() async throws(Refusal) -> Answer {
        do throws(StoreError) {
            let recounts = try await sources.control.updateLoads()
            let nodes = recounts.map { recount -> JSON in
                [
                    "node_id": .string(recount.node.text),
                    "before": .integer(recount.before),
                    "after": .integer(recount.after),
                ]
            }
            return .json(["status": "success", "timestamp": Moment.now.timestamp, "nodes": .array(nodes)])
        } catch {
            throw Refusal.store(error)
        }
    }
}

package import ClusterCore
package import ClusterStore
import Synchronization

extension ControlPlane {
    package var routingTable: RoutingTable { publisher.table }

    package var snapshot: ControlPlaneSnapshot {
        let (now, monotonic) = (clock.now(), clock.monotonicNanoseconds())
        let statistics = prober.statistics
        return shared.withLock { state in
            let report = state.report
            let routed = Dictionary(state.table.nodes.map { ($0.id, $0) }) { first, _ in first }
            let nodes = (report.snapshot?.nodes(asOf: now) ?? []).map { node in
                nodeSnapshot(of: node, report: report, routed: routed[node.id], monotonic: monotonic)
            }
            let known = report.snapshot?.nodes.map(\.id) ?? []
            var whole = ControlPlaneSnapshot(
                nodes: nodes, isSetUp: report.snapshot?.isSetUp, monitorLimit: configuration.monitorLimit,
                unassignedCount: report.snapshot?.census.unassigned ?? 0,
                orphanedCount: report.snapshot?.census.orphaned(besides: known) ?? 0,
                leadership: report.leadership.aged(by: now - report.madeAt), database: report.database,
                checks: statistics,
                tableGeneration: state.table.generation)
            whole.tableUpdatedAt = state.tableUpdatedAt
            whole.orders = report.snapshot?.orders ?? StandingOrders()
            whole.recentJobs = report.jobs
            whole.history = report.history
            whole.passes = report.passes
            whole.moves = report.moves
            whole.thresholds = configuration.thresholds
            return whole
        }
    }

    private func nodeSnapshot(
        of node: NodeRecord, report: PassReport, routed: RoutingNode?, monotonic: UInt64
    ) -> NodeSnapshot {
        let isEjected = routed?.traffic.isEjected(now: monotonic) ?? false
        let standing = routed?.standing(monitorLimit: configuration.monitorLimit, isEjected: isEjected)
        let count = report.snapshot?.census[node.id] ?? AssignmentCensus.Count()
        return NodeSnapshot(
            record: node,
            speaker: report.silent.contains(node.id) ? .balancer : .agent,
            probe: prober.finding(of: node.id).map {
                NodeSnapshot.Probe(status: $0.status, last: $0.last, okStreak: $0.okStreak, failStreak: $0.failStreak)
            },
            isEjected: isEjected,
            standing: standing ?? .impossible,
            slowStartShare: configuration.slowStart.share(since: routed?.traffic.routableSince, now: monotonic),
            openConnections: routed?.traffic.openConnections.load(ordering: .relaxed) ?? 0,
            monitorCount: report.snapshot?.monitorCount(of: node) ?? 0,
            homeCount: count.home,
            visitingCount: count.visiting,
            flaps: report.flaps[node.id] ?? 0)
    }

    package func probeAllNodes() async -> [NodeCheck] {
        let nodes = shared.withLock { $0.report.snapshot?.nodes.map(\.id) ?? [] }
        // On a task of its own: a caller that goes away must not make checks look failed.
        let results = await Task { await self.checkAll() }.value
        return nodes.map { NodeCheck(node: $0, result: results[$0]) }
    }

    private func checkAll() async -> [NodeID: ProbeResult] {
        var requests = prober.takeAll()[...]
        return await withTaskGroup(of: (NodeID, ProbeResult).self) { group in
            var results: [NodeID: ProbeResult] = [:]
            var running = 0
            while running > 0 || !requests.isEmpty {
                while running < configuration.probesInFlight, let request = requests.popFirst() {
                    running += 1
                    group.addTask { (request.node, await self.check(request)) }
                }
                guard let (node, result) = await group.next() else { break }
                running -= 1
                results[node] = result
            }
            return results
        }
    }

    package func updateLoads() async throws(StoreError) -> [MonitorRecount] {
        let recounts = try await store.recountMonitors()
        driver.expireAssignments()
        let now = clock.now()
        shared.withLock { state in
            state.report.snapshot?.recounts = Dictionary(recounts.map { ($0.node, $0.after) }) { first, _ in first }
            state.nextPass = now
        }
        publishTable()
        return recounts
    }

    package func followEvents() -> EventFeed.Subscription? { feed.follow() }

    package var followerCount: Int { feed.followerCount }
}

import ClusterCore
import ClusterStore
import ControlPlane
import Logging

/// How faults are found, what was found, and what decides where clients go.
struct DetectionRoutes: Sendable {
    let sources: AnswerSources

    /// Events shown in `/lb/health-status`; `/lb/events` has them all.
    static let history = RememberedHistory.rows

    var endpoints: [Endpoint] {
        [
            Endpoint("/lb/fault-detection-status", .state, [.get: { _ in faultDetection() }]),
            Endpoint("/lb/health-status", .state, [.get: { _ in await health() }]),
            Endpoint("/lb/load-balancer-status", .state, [.get: { _ in loadBalancer() }]),
        ]
    }

    // MARK: - The scanner

    private func faultDetection() -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        let limits = state.thresholds
        func names(_ nodes: [NodeView]) -> JSON { .array(nodes.map { JSON.string($0.record.id.text) }) }
        let body: JSON = [
            "timestamp": moment.timestamp,
            "running": .bool(!state.isStale),
            "interval_ms": .integer(limits.pollInterval.milliseconds),
            "scans": .integer(state.passes.count),
            "last_scan": JSON(state.passes.last.map { moment.text($0) }),
            "last_duration_ms": JSON(state.passes.lastDuration?.milliseconds),
            "silent_nodes": names(state.nodes.filter { $0.speaker == .balancer }),
            "suspects": names(state.nodes.filter { DetectionRoutes.isSuspect($0, limits, state) }),
            "thresholds": [
                "rise": .integer(limits.judge.rise),
                "fall": .integer(limits.judge.fall),
                "check_interval_ms": .integer(limits.judge.steadyInterval.milliseconds),
                "suspect_interval_ms": .integer(limits.judge.changingInterval.milliseconds),
                "report_ttl_ms": .integer(limits.silence.reportTTL.milliseconds),
                "mass_silence_wait_ms": .integer(limits.silence.massWait.milliseconds),
                "return_hold_ms": .integer(limits.returnHold.milliseconds),
            ],
            "leader": JSON(state.leadership.leader?.text),
            "automation": OrderRoutes.json(state.orders.activePause),
        ]
        return .json(body.adding(state.staleMarks(moment)))
    }

    /// Still counted as online, and something speaks against it.
    private static func isSuspect(_ node: NodeView, _ limits: FaultThresholds, _ state: ClusterState) -> Bool {
        guard node.record.believedStatus(limits.judge) == .online else { return false }
        if node.record.failStreak > 0 || node.isEjected { return true }
        if let probe = node.probe, probe.status != .online || probe.failStreak > 0 { return true }
        // While we cannot read reports, their age says nothing of a node.
        return !state.isStale && node.speaker == .agent
            && (node.record.reportAge ?? .zero) > limits.silence.reportTTL / 2
    }

    // MARK: - Checks and history

    private func health() async -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        var marks = state.staleMarks(moment)
        var events = state.history.events
        // What is away is not waited for.
        if marks.isEmpty {
            do throws(StoreError) {
                events = try await sources.control.events(EventQuery(limit: DetectionRoutes.history))
            } catch {
                marks = [JSON.Field("stale", true)]
            }
        }
        let rows = events.map { recorded -> JSON in
            [
                "at": .string(recorded.at),
                "node_id": JSON(recorded.event.node?.text),
                "kind": .string(recorded.event.kind.rawValue),
                "detail": .string(recorded.event.detail),
                "moved": .integer(recorded.event.monitorCount),
            ]
        }
        let body: JSON = [
            "check_count": .integer(state.checks.count),
            "last_check": JSON(state.checks.last.map { moment.text($0) }),
            "success_count": .integer(state.checks.successes),
            "fail_count": .integer(state.checks.failures),
            "debug_enabled": .bool(sources.logger.logLevel <= .debug),
            "history": .array(rows),
            "heartbeats": .object(state.nodes.compactMap { heartbeat(of: $0) }),
        ]
        return .json(body.adding(marks))
    }

    /// What an agent beats by unless its `AGENT_INTERVAL` says otherwise: for those too old to report it. This balancer's
    /// own `HEALTH_CHECK_INTERVAL` has nothing to do with it.
    private static let usualBeat = HealthJudge.Limits().steadyInterval

    /// Nil for a node whose agent never reported.
    private func heartbeat(of node: NodeView) -> JSON.Field? {
        // Less than nothing when the database's clock stepped back since.
        guard let age = node.record.reportAge.map({ max($0, .zero) }) else { return nil }
        let interval = node.record.agentInterval ?? DetectionRoutes.usualBeat
        // An agent's beats are spread by a tenth (DESIGN.md §5); one that is late by less is not missed.
        let missed = Int(age / (interval * 1.1))
        return JSON.Field(
            node.record.id.text,
            [
                "age_ms": .integer(age.milliseconds), "interval_ms": .integer(interval.milliseconds),
                "interval_from": .string(node.record.agentInterval == nil ? "default" : "agent"),
                "missed": .integer(missed),
            ])
    }

    // MARK: - The choice of a node

    private func loadBalancer() -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        let weight = sources.configuration.connectionWeight
        let policy = SelectionPolicy(connectionWeight: weight)
        let nodes = state.nodes.map { node -> JSON in
            let load = NodeLoad(
                standing: node.standing, monitorCount: node.monitorCount,
                openConnections: node.openConnections)
            return [
                "node_id": .string(node.record.id.text),
                "score": .number(policy.score(load)),
                "monitor_count": .integer(node.monitorCount),
                "open_connections": .integer(node.openConnections),
                // Whether its share of new connections is still rising.
                "slow_start": .bool(node.slowStartShare < 1),
                "routable": .bool(node.isRoutable),
            ]
        }
        let updated = state.tableUpdatedAt
        let body: JSON = [
            "timestamp": moment.timestamp,
            "load_balancer": "kuma-balancer",
            "algorithm": "least_monitors",
            "capacity": CapacityAnswer.json(state),
            "cluster": StatusRoutes.cluster(state),
            "connection_weight": .number(weight),
            "nodes": .array(nodes),
            "table": [
                "generation": .integer(Int(clamping: state.tableGeneration)),
                "updated_at": JSON(updated.map { moment.text($0) }),
                "age_ms": JSON(updated.map { $0.duration(to: moment.instant).milliseconds }),
            ],
        ]
        return .json(body.adding(state.staleMarks(moment)))
    }
}

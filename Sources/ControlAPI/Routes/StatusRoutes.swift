import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes
import Synchronization

/// What is told of this balancer and of the cluster as a whole.
struct StatusRoutes: Sendable {
    let sources: AnswerSources

    var endpoints: [Endpoint] {
        [
            Endpoint("/lb/ping", .open, [.get: { request in ping(request) }]),
            Endpoint("/lb/ready", .open, [.get: { _ in ready() }]),
            Endpoint("/lb/system-status", .state, [.get: { request in systemStatus(request) }]),
            Endpoint("/lb/setup-status", .state, [.get: { _ in setupStatus() }]),
            Endpoint("/lb/leader", .state, [.get: { _ in leader() }]),
        ]
    }

    private func ping(_ request: APIRequest) -> Answer {
        if request.prefers("text/plain", over: "application/json") { return Answer(.text("pong")) }
        return .json(["status": "healthy", "timestamp": .string(Moment.now.text), "service": "kuma-balancer"])
    }

    private func ready() -> Answer {
        var reasons: [JSON] = []
        if sources.serving.isDraining { reasons.append("draining") }
        let state = sources.control.state
        if !state.nodes.contains(where: { $0.isRoutable || $0.isLastResort }) {
            reasons.append("no_routable_node")
            if let shortage = state.database.shortage { reasons.append(.string(shortage.rawValue)) }
        }
        let isReady = reasons.isEmpty
        return .json(
            ["ready": .bool(isReady), "reasons": .array(reasons)], status: isReady ? .ok : .serviceUnavailable)
    }

    private func setupStatus() -> Answer {
        let (state, table, moment) = (sources.control.state, sources.control.routingTable, Moment.now)
        let isComplete = state.isSetUp ?? !table.isSetupPending
        let message: JSON =
            table.isSetupPending
            ? "First-time set-up is not done: all requests go to the primary node."
            : "Set-up is complete: requests are spread over the cluster."
        let body: JSON = [
            "setup_complete": .bool(isComplete),
            "routing_mode": table.isSetupPending ? "primary_only" : "cluster",
            "primary_node": JSON(table.primaryNode?.id.text),
            "message": message,
        ]
        return .json(body.adding(state.staleMarks(moment)))
    }

    private func leader() -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        return .json(leaderJSON(state, at: moment).adding(state.staleMarks(moment)))
    }

    private func leaderJSON(_ state: ClusterState, at moment: Moment) -> JSON {
        let leadership = state.leadership
        let balancers = leadership.balancers.map { balancer -> JSON in
            [
                "id": .string(balancer.presence.id.text),
                "address": .string(balancer.presence.address),
                "version": .string(balancer.presence.version),
                "last_seen": .string(moment.text(ago: balancer.lastSeenAge)),
            ]
        }
        return [
            "leader": JSON(leadership.leader?.text),
            "epoch": JSON(leadership.epoch.map { Int($0) }),
            "self": .bool(leadership.isSelf),
            "expires_in_ms": JSON(leadership.expiresIn?.milliseconds),
            "balancers": .array(balancers),
        ]
    }

    private func systemStatus(_ request: APIRequest) -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        let uptime = sources.startedAt.duration(to: moment.instant)
        let silent = state.nodes.filter { $0.speaker == .balancer }.map { JSON.string($0.record.id.text) }
        let body: JSON = [
            "timestamp": moment.timestamp,
            "cluster": StatusRoutes.cluster(state),
            "capacity": CapacityAnswer.json(state),
            "health": StatusRoutes.checks(state.checks, at: moment),
            "load_balancer": loadBalancer(state),
            "fault_detection": ["running": .bool(!state.isStale), "silent_nodes": .array(silent)],
            "rebalancing": RebalanceAnswers.summary(state.orders.job),
            "leader": leaderJSON(state, at: moment),
            "database": StatusRoutes.database(state.database, for: request, at: moment),
            "version": .string(sources.configuration.version),
            "uptime_seconds": .integer(uptime.milliseconds / 1_000),
            "automation": OrderRoutes.json(state.orders.activePause),
        ]
        return .json(body.adding(state.isStale ? [JSON.Field("stale", true)] : []))
    }

    static func cluster(_ state: ClusterState) -> JSON {
        func count(_ status: NodeStatus) -> JSON { .integer(state.nodes.count { $0.record.status == status }) }
        return [
            "total_nodes": .integer(state.nodes.count),
            "online_nodes": count(.online),
            "recovering_nodes": count(.recovering),
            "offline_nodes": count(.offline),
            "routable_nodes": .integer(state.nodes.count { $0.isRoutable }),
            "total_monitors": .integer(state.nodes.reduce(0) { $0 + $1.monitorCount }),
            "setup_complete": state.isSetUp.map { .bool($0) } ?? .null,
        ]
    }

    private static func checks(_ checks: CheckStatistics, at moment: Moment) -> JSON {
        [
            "check_count": .integer(checks.count),
            "last_check": JSON(checks.last.map { moment.text($0) }),
            "success_count": .integer(checks.successes),
            "fail_count": .integer(checks.failures),
        ]
    }

    private func loadBalancer(_ state: ClusterState) -> JSON {
        func sum(_ count: (TrafficFacts) -> Int) -> JSON { .integer(sources.traffic.reduce(0) { $0 + count($1) }) }
        return [
            "algorithm": "least_monitors",
            "connection_weight": .number(sources.configuration.connectionWeight),
            "table_generation": .integer(Int(clamping: state.tableGeneration)),
            "draining": .bool(sources.serving.isDraining),
            "open_connections": sum { $0.openConnections.load(ordering: .relaxed) },
            "open_tunnels": sum { $0.openTunnels.load(ordering: .relaxed) },
            "accepted": sum { $0.accepted.load(ordering: .relaxed) },
            "requests": sum { $0.requests.load(ordering: .relaxed) },
            "retried": sum { $0.retried.load(ordering: .relaxed) },
            "failed": sum { $0.failed.load(ordering: .relaxed) },
        ]
    }

    /// Everybody hears what kind of failure it is, and which host is how, in our own words; a failure's text, which may name
    /// users, is for administrators.
    private static func database(_ database: DatabaseView, for request: APIRequest, at moment: Moment) -> JSON {
        let text = database.lastError.flatMap { request.isAdministrator ? $0.description : nil }
        let view: JSON = [
            "reachable": .bool(database.isReachable),
            "since": .string(moment.text(database.since)),
            "last_read": JSON(database.lastRead.map { moment.text($0) }),
            "last_error": JSON(database.lastError?.kind.rawValue),
            "clock_skew": database.skew.map { skew -> JSON in
                ["ms": .integer(skew.amount.milliseconds), "seen_at": .string(moment.text(skew.seenAt))]
            } ?? .null,
            "host": JSON(database.hosts?.current),
            "unfit_hosts": .array(
                (database.hosts?.unfit ?? []).map { ["host": .string($0.host), "reason": .string($0.reason)] }),
        ]
        return view.adding(text.map { [JSON.Field("last_error_text", .string($0))] } ?? [])
    }
}

import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes

/// Rebalancing: planned, asked for, watched and cancelled. Every balancer takes a request; the leader does it.
struct RebalanceRoutes: Sendable {
    let sources: AnswerSources

    var endpoints: [Endpoint] {
        let trigger: Endpoint.Action = { request throws(Refusal) in try await self.start(.rebalance, request) }
        let force: Endpoint.Action = { request throws(Refusal) in try await self.start(.force, request) }
        let cancel: Endpoint.Action = { _ throws(Refusal) in try await self.cancel() }
        return [
            Endpoint("/lb/trigger-rebalancing", .admin, [.get: trigger, .post: trigger]),
            Endpoint("/lb/force-rebalance-all", .admin, [.get: force, .post: force]),
            Endpoint("/lb/rebalancing-status", .state, [.get: { _ in await status() }]),
            Endpoint("/lb/rebalancing/cancel", .admin, [.post: cancel]),
        ]
    }

    private func start(_ kind: RebalanceKind, _ request: APIRequest) async throws(Refusal) -> Answer {
        let confirmation: [String] =
            switch kind {
            case .rebalance: []
            case .force: ["confirm"]
            }
        try request.refuseParameters(besides: ["dry_run", "max_moves"] + confirmation)
        try request.refuseBody()
        let wish = RebalanceRequest(kind, limit: try RebalanceRoutes.maxMoves.read(from: request.parameters))
        let isConfirmed = try RebalanceRoutes.isConfirmed(request)
        let isDryRun = try RebalanceRoutes.flag("dry_run", in: request)
        do throws(StoreError) {
            if isDryRun { return .json(RebalanceAnswers.planned(try await sources.control.planRebalance(wish))) }
            switch kind {
            case .rebalance: break
            case .force:
                guard isConfirmed else {
                    return RebalanceAnswers.unconfirmed(try await sources.control.planRebalance(wish))
                }
            }
            switch try await sources.control.requestRebalance(wish, by: request.caller) {
            case .started(let job, let outline): return RebalanceAnswers.started(job, outline)
            case .balanced(let outline): return .json(RebalanceAnswers.planned(outline))
            case .busy:
                return Refusal(
                    .conflict, .rebalanceRunning,
                    "a rebalancing is under way: wait for its end, or cancel it at /lb/rebalancing/cancel"
                ).answer
            case .paused(let pause):
                return Refusal(
                    .conflict, .paused, "automatic moves are paused by \(pause.by): resume them first",
                    help: [JSON.Field("pause", OrderRoutes.json(pause))]
                ).answer
            }
        } catch {
            throw Refusal.store(error)
        }
    }

    private func cancel() async throws(Refusal) -> Answer {
        do throws(StoreError) {
            guard let job = try await sources.control.cancelRebalance() else { return .json(["status": "idle"]) }
            return .json(["status": "cancelling", "job": .integer(Int(job.id))])
        } catch {
            throw Refusal.store(error)
        }
    }

    private func status() async -> Answer {
        let (state, moment) = (sources.control.state, Moment.now)
        var jobs: [RebalanceJob] = []
        var marks = state.staleMarks(moment)
        do throws(StoreError) { jobs = try await sources.control.rebalanceJobs() } catch {
            // What the last polls saw is still worth telling.
            let active = state.orders.job
            jobs = (active.map { [$0] } ?? []) + state.recentJobs.filter { $0.id != active?.id }
            if marks.isEmpty { marks = [JSON.Field("stale", true)] }
        }
        let body = RebalanceAnswers.status(jobs, isPaused: state.orders.activePause != nil, at: moment)
        return .json(body.adding(marks))
    }

    static let maxMoves = NumberParameter(name: "max_moves", range: 1...Int(Int32.max), reason: .invalidMaxMoves)

    /// A person either confirms or does not: what is neither is a slip.
    private static func isConfirmed(_ request: APIRequest) throws(Refusal) -> Bool {
        switch request.parameters["confirm"] {
        case nil: return false
        case "yes": return true
        case _:
            throw Refusal(
                .badRequest, .invalidFlag, "confirm must be yes, or not be there",
                help: [JSON.Field("allowed", .array(["yes"]))])
        }
    }

    /// What a wish may hold; a name alone means yes.
    static let flagWords = ["1", "0", "true", "false", "yes", "no", ""]

    /// A misspelt wish for a dry run must never become a real one.
    private static func flag(_ name: String, in request: APIRequest) throws(Refusal) -> Bool {
        switch request.parameters[name] {
        case nil, "0", "false", "no": return false
        case "", "1", "true", "yes": return true
        case _:
            throw Refusal(
                .badRequest, .invalidFlag, "\(name) must be 1 or 0",
                help: [JSON.Field("allowed", .array(flagWords.filter { !$0.isEmpty }.map { JSON.string($0) }))])
        }
    }
}

/// Plans and jobs as JSON.
enum RebalanceAnswers {
    /// Routes shown; a cluster of many nodes has more pairs than anybody reads.
    static let shownRoutes = 1_000
    static let shownJobs = 20

    private static func plan(_ outline: RebalanceOutline) -> [JSON.Field] {
        let routes = outline.routes.prefix(shownRoutes).map { route -> JSON in
            ["from": .string(route.from.text), "to": .string(route.to.text), "count": .integer(route.count)]
        }
        return [
            JSON.Field("planned_moves", .integer(outline.moves)),
            JSON.Field("plan", .array(routes)),
            JSON.Field("kept_by_person", .integer(outline.kept)),
        ]
    }

    static func planned(_ outline: RebalanceOutline) -> JSON {
        let status: JSON = outline.moves == 0 ? "balanced" : "planned"
        return JSON.object([JSON.Field("status", status)] + plan(outline))
    }

    static func started(_ job: RebalanceJob, _ outline: RebalanceOutline) -> Answer {
        let body: JSON = ["status": "started", "job": .integer(Int(job.id))]
        return .json(body.adding(plan(outline)), status: .accepted)
    }

    static func unconfirmed(_ outline: RebalanceOutline) -> Answer {
        Refusal(
            .preconditionRequired, .confirmationRequired,
            "this gives every monitor a home anew; look at the plan, then repeat with ?confirm=yes", help: plan(outline)
        ).answer
    }

    /// - Parameter jobs: newest first.
    static func status(_ jobs: [RebalanceJob], isPaused: Bool, at moment: Moment) -> JSON {
        let job = jobs.first
        return [
            "timestamp": moment.timestamp,
            "status": .string(word(job)),
            "message": .string(message(job, isPaused: isPaused)),
            "job": JSON(job.map { Int($0.id) }),
            "kind": JSON(job?.kind.rawValue),
            "total": .integer(job?.total ?? 0),
            "moved": .integer(job?.moved ?? 0),
            "remaining": .integer(job.map { $0.isActive ? $0.remaining : 0 } ?? 0),
            "started_at": JSON(job?.startedAt),
            "finished_at": JSON(job?.finishedAt),
            "last_error": JSON(jobs.first { $0.error != nil }?.error),
            "last_jobs": .array(jobs.prefix(shownJobs).map(row)),
        ]
    }

    static func summary(_ job: RebalanceJob?) -> JSON {
        ["status": .string(word(job)), "job": JSON(job.map { Int($0.id) }), "remaining": .integer(job?.remaining ?? 0)]
    }

    private static func word(_ job: RebalanceJob?) -> String {
        switch job?.state {
        case .pending, .running: "running"
        case .failed: "failed"
        case .done, .cancelled, nil: "idle"
        }
    }

    private static func message(_ job: RebalanceJob?, isPaused: Bool) -> String {
        guard let job else { return "nothing was ever rebalanced" }
        let count = "\(job.moved) of \(job.total) monitors moved"
        switch job.state {
        case .pending: return isPaused ? "waits: automatic moves are paused" : "waits for the leader"
        case .running where job.isCancelled: return "stops after the current batch: \(count)"
        case .running: return isPaused ? "waits, automatic moves are paused: \(count)" : count
        case .done: return "finished: \(count)"
        case .cancelled: return "cancelled: \(count)"
        case .failed: return "failed: \(count)"
        }
    }

    private static func row(_ job: RebalanceJob) -> JSON {
        [
            "job": .integer(Int(job.id)),
            "kind": .string(job.kind.rawValue),
            "status": .string(job.state.rawValue),
            "requested_by": .string(job.requestedBy),
            "requested_at": .string(job.requestedAt),
            "started_at": JSON(job.startedAt),
            "finished_at": JSON(job.finishedAt),
            "total": .integer(job.total),
            "moved": .integer(job.moved),
            "error": JSON(job.error),
        ]
    }
}

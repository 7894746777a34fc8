import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes

/// Rebalancing: planned, asked for, watched and cancelled. Every balancer takes a request; the leader does it.
enum RebalanceEndpoints {
    static let group = EndpointGroup(
        "rebalancing", "Evening out the nodes.",
        [
            trigger(.get), trigger(.post), force(.get), force(.post),
            Endpoint(
                .get, "/lb/rebalancing-status", .state, "Progress of the job, and the last ones.", action: status),
            Endpoint(
                .post, "/lb/rebalancing/cancel", .admin, "Stops the running job after its current batch.",
                database: .asked, action: cancel),
        ])

    private typealias Example = Endpoint.Example

    private static func trigger(_ method: Endpoint.Method) -> Endpoint {
        Endpoint(
            method, "/lb/trigger-rebalancing", .admin, "Evens the nodes out with the fewest moves.", database: .asked,
            parameters: parameters, refusals: refusals,
            examples: [
                Example("What a rebalancing would move", query: "?dry_run=1"),
                Example("Move at most 100 monitors to even out the nodes", query: "?max_moves=100", .shown),
            ],
            action: { request, sources throws(Refusal) in try await start(.rebalance, request, sources) })
    }

    private static func force(_ method: Endpoint.Method) -> Endpoint {
        Endpoint(
            method, "/lb/force-rebalance-all", .admin, "Gives every monitor a home anew; dangerous.",
            database: .asked,
            parameters: parameters + [Endpoint.Parameter("confirm", "Needed to do it.", .constant("yes"))],
            refusals: refusals + [.refusal(428, "Not confirmed; shows the plan.")],
            examples: [
                Example(
                    "What giving every monitor a home anew would move; with ?confirm=yes it happens",
                    .tried(status: 428))
            ],
            action: { request, sources throws(Refusal) in try await start(.force, request, sources) })
    }

    private static let maxMoves = NumberParameter(
        name: "max_moves", range: 1...Int(Int32.max), reason: .invalidMaxMoves)

    private static let parameters = [
        Endpoint.Parameter("dry_run", "1: only show the plan.", .words(flagWords)),
        Endpoint.Parameter(maxMoves, "Move no more than this."),
    ]

    private static let refusals: [Endpoint.Response] = [
        .refusal(400, "A parameter is wrong or unknown, or there is a body."),
        .refusal(409, "Another one runs (`rebalance_running`), or moves are paused (`paused`)."),
    ]

    // MARK: - Beginning

    private static func start(
        _ kind: RebalanceKind, _ request: APIRequest, _ sources: AnswerSources
    ) async throws(Refusal) -> RebalanceReply {
        let confirmation: [String] =
            switch kind {
            case .rebalance: []
            case .force: ["confirm"]
            }
        try request.refuseParameters(besides: ["dry_run", "max_moves"] + confirmation)
        try request.refuseBody()
        let wanted = RebalanceRequest(kind, limit: try maxMoves.read(from: request.parameters))
        let isConfirmed = try Self.isConfirmed(request)
        let isDryRun = try Self.flag("dry_run", in: request)
        if isDryRun { return .planned(try await plan(wanted, sources)) }
        switch kind {
        case .rebalance: break
        case .force:
            guard isConfirmed else {
                throw Refusal(
                    .preconditionRequired, .confirmationRequired,
                    "this gives every monitor a home anew; look at the plan, then repeat with ?confirm=yes",
                    help: Refusal.Help(plan: try await plan(wanted, sources)))
            }
        }
        let answer = try await sources.asking { control throws(StoreError) in
            try await control.requestRebalance(wanted, by: request.caller)
        }
        switch answer {
        case .started(let job, let outline): return .started(job, PlanAnswer(outline))
        case .balanced(let outline): return .planned(PlanAnswer(outline))
        case .busy:
            throw Refusal(
                .conflict, .rebalanceRunning,
                "a rebalancing is under way: wait for its end, or cancel it at /lb/rebalancing/cancel")
        case .paused(let pause):
            throw Refusal(
                .conflict, .paused, "automatic moves are paused by \(pause.by): resume them first",
                help: Refusal.Help(pause: PauseAnswer(pause)))
        }
    }

    private static func plan(
        _ wanted: RebalanceRequest, _ sources: AnswerSources
    ) async throws(Refusal) -> PlanAnswer {
        PlanAnswer(
            try await sources.asking { control throws(StoreError) in try await control.planRebalance(wanted) })
    }

    /// A person either confirms or does not: what is neither is a slip.
    private static func isConfirmed(_ request: APIRequest) throws(Refusal) -> Bool {
        switch request.parameters["confirm"] {
        case nil: return false
        case "yes": return true
        case _:
            throw Refusal(
                .badRequest, .invalidFlag, "confirm must be yes, or not be there",
                help: Refusal.Help(allowed: ["yes"]))
        }
    }

    /// What a flag may hold; a name alone means yes.
    private static let flagWords = ["1", "0", "true", "false", "yes", "no", ""]

    /// A misspelt dry run must never become a real one.
    private static func flag(_ name: String, in request: APIRequest) throws(Refusal) -> Bool {
        switch request.parameters[name] {
        case nil, "0", "false", "no": return false
        case "", "1", "true", "yes": return true
        case _:
            throw Refusal(
                .badRequest, .invalidFlag, "\(name) must be 1 or 0",
                help: Refusal.Help(allowed: flagWords.filter { !$0.isEmpty }))
        }
    }

    // MARK: - Watching and ending

    private static func cancel(_ request: APIRequest, _ sources: AnswerSources) async throws(Refusal) -> Cancellation {
        let job = try await sources.asking { control throws(StoreError) in try await control.cancelRebalance() }
        return Cancellation(job: job.map { Int($0.id) })
    }

    private static func status(
        _ request: APIRequest, _ sources: AnswerSources
    ) async -> MarkedAnswer<RebalanceStatus> {
        let (snapshot, moment) = (sources.control.snapshot, Moment.now)
        var jobs: [RebalanceJob] = []
        var marks = snapshot.staleMarks(moment)
        do throws(StoreError) { jobs = try await sources.control.rebalanceJobs() } catch {
            // What the last passes saw is still worth showing.
            let active = snapshot.orders.job
            jobs = (active.map { [$0] } ?? []) + snapshot.recentJobs.filter { $0.id != active?.id }
            if !marks.isStale { marks = .stale }
        }
        let status = RebalanceStatus(
            timestamp: moment.timestamp, jobs: jobs, isPaused: snapshot.orders.activePause != nil)
        return MarkedAnswer(content: status, marks: marks)
    }
}

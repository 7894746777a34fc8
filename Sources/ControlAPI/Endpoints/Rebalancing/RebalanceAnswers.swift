import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes

/// What comes of asking for a rebalancing.
enum RebalanceReply: EndpointAnswer {
    case planned(PlanAnswer)
    case started(RebalanceJob, PlanAnswer)

    static let responses = [
        Endpoint.Response(200, "Nothing to do, or only planned.", [.json(PlannedRebalance.schema)]),
        Endpoint.Response(202, "The leader does it.", [.json(StartedRebalance.schema)]),
    ]

    var answer: Answer {
        switch self {
        case .planned(let plan): .json(PlannedRebalance(plan: plan).json)
        case .started(let job, let plan):
            .json(StartedRebalance(job: Int(job.id), plan: plan).json, status: .accepted)
        }
    }
}

/// The fields of a plan, wherever one is shown.
struct PlanAnswer: AnswerObject {
    struct Route: AnswerObject {
        private let route: RebalancePlan.Route

        init(_ route: RebalancePlan.Route) { self.route = route }

        static let name: String? = "Route"
        static let fields = AnswerFields<Self> {
            $0.field("from", \.route.from, "The node that loses them.")
            $0.field("to", \.route.to, "The node that gets them.")
            $0.field("count", \.route.count, "Monitors.")
        }
    }

    /// Routes shown; a cluster of many nodes has more pairs than anybody reads.
    private static let shownRoutes = 1_000

    let moves: Int
    let routes: [Route]
    let kept: Int

    init(_ outline: RebalanceOutline) {
        moves = outline.moves
        routes = outline.routes.prefix(PlanAnswer.shownRoutes).map(Route.init)
        kept = outline.kept
    }

    static let fields = AnswerFields<Self> {
        $0.field("planned_moves", \.moves, "Monitors that it moves.")
        $0.field("plan", \.routes, "How many from where to where.")
        $0.field("kept_by_person", \.kept, "Monitors that stay because a person assigned them.")
    }
}

private struct PlannedRebalance: AnswerObject {
    enum Status: String, AnswerWord {
        case balanced, planned
    }

    let plan: PlanAnswer

    private var status: Status { plan.moves == 0 ? .balanced : .planned }

    static let fields = AnswerFields<Self> {
        $0.field("status", \.status, "Whether there is anything to move.")
        $0.include(\.plan)
    }
}

private struct StartedRebalance: AnswerObject {
    let job: Int
    let plan: PlanAnswer

    static let fields = AnswerFields<Self> {
        $0.constant("status", "started", "The job is written; the leader finds it.")
        $0.field("job", \.job, "Its number.")
        $0.include(\.plan)
    }
}

struct Cancellation: WholeAnswer {
    enum Status: String, AnswerWord {
        case cancelling, idle
    }

    let job: Int?

    private var status: Status { job == nil ? .idle : .cancelling }

    static let meaning = "It stops, or none runs."
    static let fields = AnswerFields<Self> {
        $0.field("status", \.status, "Whether one ran.")
        $0.sometimes("job", \.job, "Its number.")
    }
}

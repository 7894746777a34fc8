import ClusterCore
import ClusterStore
import ControlPlane

/// What happened.
enum HistoryOperations {
    static var all: [Operation] { [events, moves] }

    private static func paging(kind: JSON) -> [Operation.Parameter] {
        [
            Operation.Parameter(PageWish.limit, "Rows of the page."),
            Operation.Parameter(PageWish.before, "Only what is older than this id: the last page's `next`."),
            Operation.Parameter("node", "Only what concerns this node.", Schema.nodeID),
            Operation.Parameter("kind", "Only this kind.", kind),
        ]
    }

    private static let events = Operation(
        method: .get, path: "/lb/events", group: "history",
        summary: "What happened, newest first; live for Accept: text/event-stream.",
        parameters: paging(kind: Schema.words(of: ClusterEvent.Kind.self)) + [
            Operation.Parameter(
                HistoryRoutes.lastEventID, "Live only: the last event that a follower saw; what it missed comes first.",
                in: .header)
        ],
        responses: [
            Operation.Response(
                200,
                "A page, while the database is away of what this balancer remembers; or a stream that begins with what happens next, with a comment every "
                    + "\(EventFeed.interval.milliseconds / 1_000) s. Its data is one Event.",
                content: [
                    "application/json"
                        ~> Schema.state([
                            "events" ~> Schema.list(Schema.reference("Event")),
                            "next" ~> Schema.orNull(Schema.integer),
                        ]),
                    "text/event-stream" ~> Schema.string,
                ]),
            .failure(400, "A parameter is wrong."),
            .failure(
                503, "Live only: the database cannot be reached, or too many clients follow (`too_many_followers`)."),
        ] + Operation.storeFailures)

    private static let moves = Operation(
        method: .get, path: "/lb/moves", group: "history", summary: "The journal of moves, newest first.",
        parameters: paging(kind: Schema.words(of: MoveReason.self)),
        responses: [
            Operation.Response(
                200, "A page; while the database is away, of what this balancer remembers.",
                Schema.state([
                    "moves" ~> Schema.list(Schema.reference("Move")), "next" ~> Schema.orNull(Schema.integer),
                ])),
            .failure(400, "A parameter is wrong."),
        ] + Operation.storeFailures)
}

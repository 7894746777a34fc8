import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes

/// What happened: page by page, or live.
enum HistoryEndpoints {
    static let group = EndpointGroup(
        "history", "What happened.",
        [
            Endpoint(
                .get, "/lb/events", .state, "What happened, newest first; live for Accept: text/event-stream.",
                database: .asked,
                parameters: PageRequest.parameters(kind: ClusterEvent.Kind.self) + [
                    Endpoint.Parameter(
                        lastEventID, "Live only: the last event that a follower saw; what it missed comes first.",
                        in: .header)
                ],
                refusals: [
                    .refusal(400, "A parameter is wrong."),
                    .refusal(
                        503,
                        "Live only: the database cannot be reached, or too many clients follow (`too_many_followers`)."),
                ],
                examples: [
                    Example("History, newest first", query: "?limit=50"),
                    Example("History as it happens", fields: [("Accept", "text/event-stream")], .shown),
                ],
                action: events),
            Endpoint(
                .get, "/lb/moves", .state, "The journal of moves, newest first.", database: .asked,
                parameters: PageRequest.parameters(kind: MoveReason.self),
                refusals: [.refusal(400, "A parameter is wrong.")], examples: [Example(query: "?limit=50")],
                action: moves),
        ])

    private typealias Example = Endpoint.Example

    /// The last event that a follower saw.
    private static let lastEventID = NumberParameter(
        name: "Last-Event-ID", range: 0...Int.max, reason: .invalidBefore)

    private static func events(
        _ request: APIRequest, _ sources: AnswerSources
    ) async throws(Refusal) -> EventsAnswer {
        let page = try PageRequest(parameters: request.parameters)
        let kind = try PageRequest.kind(ClusterEvent.Kind.self, of: "event", in: request.parameters)
        let query = EventQuery(limit: page.limit, before: page.before, node: page.node, kind: kind)
        let seen = try request.field(FieldName.lastEventID).map { text throws(Refusal) in
            Int64(try lastEventID.read(text))
        }
        if request.prefers("text/event-stream", over: "application/json") {
            return .live(try await live(query, after: seen, sources))
        }
        let snapshot = sources.control.snapshot
        let found = try await sources.page(snapshot) { () throws(StoreError) in
            try await sources.control.events(query)
        } remembered: {
            snapshot.history.events(query)
        }
        let rows = found.rows.map(EventRow.init)
        return .page(MarkedAnswer(content: EventsPage(events: rows, limit: query.limit), marks: found.marks))
    }

    /// A follower that comes back names the last event it saw (`Last-Event-ID`) and gets what it missed, at most a page of
    /// the history; a new one begins with what happens next.
    private static func live(
        _ query: EventQuery, after seen: Int64?, _ sources: AnswerSources
    ) async throws(Refusal) -> EventStream {
        guard let subscription = sources.control.followEvents() else {
            throw Refusal(
                .serviceUnavailable, .tooManyFollowers, "too many clients follow the events of this balancer",
                help: Refusal.Help(limit: EventFeed.followers), fields: [.retryAfter: "5"])
        }
        let newest = try await read(EventQuery(limit: 1), sources).first?.id ?? 0
        var missed: [RecordedEvent] = []
        if let seen, seen < newest {
            let page = EventQuery(limit: HistoryLimits.page, node: query.node, kind: query.kind)
            missed = try await read(page, sources).filter { $0.id > seen }.reversed()
        }
        let last = max(newest, missed.last?.id ?? 0)
        subscription.begin(after: last)
        return EventStream(
            subscription: subscription, serving: sources.serving, missed: missed, last: last, query: query)
    }

    private static func read(
        _ query: EventQuery, _ sources: AnswerSources
    ) async throws(Refusal) -> [RecordedEvent] {
        try await sources.asking { control throws(StoreError) in try await control.events(query) }
    }

    private static func moves(
        _ request: APIRequest, _ sources: AnswerSources
    ) async throws(Refusal) -> MarkedAnswer<MovesPage> {
        let page = try PageRequest(parameters: request.parameters)
        let reason = try PageRequest.kind(MoveReason.self, of: "move", in: request.parameters)
        let query = MoveQuery(limit: page.limit, before: page.before, node: page.node, reason: reason)
        let snapshot = sources.control.snapshot
        let found = try await sources.page(snapshot) { () throws(StoreError) in
            try await sources.control.moves(query)
        } remembered: {
            snapshot.history.moves(query)
        }
        let rows = found.rows.map(MoveRow.init)
        return MarkedAnswer(content: MovesPage(moves: rows, limit: query.limit), marks: found.marks)
    }
}

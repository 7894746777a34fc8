import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes

/// What happened: page by page, or live.
struct HistoryRoutes: Sendable {
    let sources: AnswerSources

    var endpoints: [Endpoint] {
        [Endpoint("/lb/events", .state, [.get: { request throws(Refusal) in try await events(request) }])]
    }

    private func events(_ request: APIRequest) async throws(Refusal) -> Answer {
        let query = try EventQuery(parameters: request.parameters)
        let seen = try request.field(FieldName.lastEventID).map { text throws(Refusal) in
            Int64(try HistoryRoutes.lastEventID.read(text))
        }
        if request.prefers("text/event-stream", over: "application/json") { return try await live(query, after: seen) }
        let state = sources.control.state
        let page = try await sources.page(state) { () throws(StoreError) in
            try await sources.control.events(query)
        } remembered: {
            state.history.events(query)
        }
        let next = page.rows.count == query.limit ? page.rows.last.map { Int($0.id) } : nil
        let body: JSON = ["events": .array(page.rows.map(EventAnswers.row)), "next": JSON(next)]
        return .json(body.adding(page.marks))
    }

    private func read(_ query: EventQuery) async throws(Refusal) -> [RecordedEvent] {
        do throws(StoreError) { return try await sources.control.events(query) } catch { throw Refusal.store(error) }
    }

    /// A follower that comes back names the last event it saw (`Last-Event-ID`) and gets what it missed, at most a page of
    /// the history; a new one begins with what happens next.
    private func live(_ query: EventQuery, after seen: Int64?) async throws(Refusal) -> Answer {
        guard let subscription = sources.control.followEvents() else {
            throw Refusal(
                .serviceUnavailable, .tooManyFollowers, "too many clients follow the events of this balancer",
                help: [JSON.Field("limit", .integer(EventFeed.followers))], fields: [.retryAfter: "5"])
        }
        let newest = try await read(EventQuery(limit: 1)).first?.id ?? 0
        var missed: [RecordedEvent] = []
        if let seen, seen < newest {
            let page = EventQuery(limit: HistoryLimits.page, node: query.node, kind: query.kind)
            missed = try await read(page).filter { $0.id > seen }.reversed()
        }
        let last = max(newest, missed.last?.id ?? 0)
        subscription.begin(after: last)
        return Answer(
            .events(
                EventStream(
                    subscription: subscription, serving: sources.serving, missed: missed, last: last, query: query)))
    }

    /// The last event that a follower saw.
    static let lastEventID = NumberParameter(name: "Last-Event-ID", range: 0...Int.max, reason: .invalidBefore)
}

extension EventQuery {
    /// Reads `limit`, `before`, `node` and `kind`; other parameters are none of ours.
    fileprivate init(parameters: [String: String]) throws(Refusal) {
        let page = try PageWish(parameters: parameters)
        self.init(limit: page.limit, before: page.before, node: page.node)
        if let text = parameters["kind"] {
            guard let kind = ClusterEvent.Kind(rawValue: text) else {
                throw PageWish.unknownKind(of: "event", allowed: ClusterEvent.Kind.allCases.map(\.rawValue))
            }
            self.kind = kind
        }
    }
}

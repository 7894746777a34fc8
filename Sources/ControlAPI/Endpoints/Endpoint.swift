import ClusterCore

/// One row of the API: what one method of one path takes, does and answers, who may use it, and requests to try it with.
/// What serves it, `/lb/openapi.json`, the page of endpoints, `compose/cluster.http` and the end-to-end tests' calls are
/// all made from it.
package struct Endpoint: Sendable {
    /// The methods any endpoint has. HEAD is GET without the body and needs no row.
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
    }

    /// Who may use a row.
    package enum Access: Sendable {
        /// Anybody: liveness, and what concerns the caller's own pin only.
        case open
        /// Reads the cluster's snapshot: `LB_API_ALLOW`.
        case state
        /// Changes the caller's own cookie: anybody, but never on behalf of another site.
        case ownPin
        /// Changes the cluster: administrators, and never on behalf of another site.
        case admin
        /// An old name: sends the caller on, which changes and shows nothing.
        case redirect
    }

    /// Whether an action asks the database itself; most answer from what this balancer read last.
    package enum Database: Sendable {
        case notAsked
        case asked
    }

    /// What it answers while the database is away.
    package enum WhileAway: Sendable {
        /// As ever: without tables, by the routing table in use, or in an answer that names the state of the database itself.
        case same
        /// What was read last, marked as stale.
        case stale
        /// 503.
        case unavailable
    }

    typealias Action<Given: EndpointAnswer> =
        @Sendable (APIRequest, AnswerSources) async throws(Refusal) -> Given

    /// A path has one row at most for each method.
    package let method: Method
    /// `{node}` stands for one segment.
    package let path: String
    /// Judged before the body is read.
    package let access: Access
    /// What it is for, in one sentence.
    package let summary: String
    /// Those it reads, wherever they stand.
    package let parameters: [Parameter]
    /// The JSON body it takes; nil where it reads none.
    package let body: Schema?
    /// Each status once, ascending; what every endpoint may answer (404, 405) is not among them.
    package let responses: [Response]
    /// Follows from what it answers and from whether it asks the database.
    package let whileAway: WhileAway
    /// At least one.
    package let examples: [Example]
    let action: @Sendable (APIRequest, AnswerSources) async throws(Refusal) -> Answer
    /// How a refusal looks here; JSON unless the endpoint is a page for people.
    let refuse: @Sendable (Refusal, APIRequest) -> Answer

    /// - Parameters:
    ///   - answers: where a row promises less than its action's type.
    ///   - refusals: beside those that follow from its access, its body and the database.
    ///   - action: its type is what the row promises to answer.
    init<Given: EndpointAnswer>(
        _ method: Method, _ path: String, _ access: Access, _ summary: String, database: Database = .notAsked,
        parameters: [Parameter] = [], body: Schema? = nil, answers: [Response] = Given.responses,
        refusals: [Response] = [],
        examples: [Example] = [Example()],
        refuse: @escaping @Sendable (Refusal, APIRequest) -> Answer = { refusal, _ in refusal.answer },
        action: @escaping Action<Given>
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.summary = summary
        self.parameters = parameters
        self.body = body
        responses = Endpoint.responses(
            answers + refusals + Endpoint.bodyRefusals(body) + Endpoint.storeRefusals(database)
                + Endpoint.accessRefusals(access))
        whileAway = Endpoint.whileAway(answers, database)
        self.examples = examples
        self.refuse = refuse
        self.action = { request, sources throws(Refusal) in try await action(request, sources).answer }
    }

    /// `POST /lb/nodes/{node}/drain`
    package var operation: String { "\(method.rawValue) \(path)" }
}

/// What a row may answer, as far as it follows from the rest of the row.
extension Endpoint {
    /// Of several with one status the first says what it means here.
    private static func responses(_ all: [Response]) -> [Response] {
        let known = all.reduce(into: [Response]()) { known, response in
            if !known.contains(where: { $0.status == response.status }) { known.append(response) }
        }
        return known.sorted { $0.status < $1.status }
    }

    private static func bodyRefusals(_ body: Schema?) -> [Response] {
        body == nil ? [] : [.refusal(413, "The body is larger than \(APIRequest.maximumBodyBytes / 1_024) KiB.")]
    }

    private static func storeRefusals(_ database: Database) -> [Response] {
        switch database {
        case .notAsked: []
        case .asked:
            [
                .refusal(500, "The database refused the statement."),
                .refusal(503, "The database cannot be reached (`database_unavailable`)."),
            ]
        }
    }

    private static func accessRefusals(_ access: Access) -> [Response] {
        switch access {
        case .open, .redirect: []
        case .state: [.refusal(403, "The address may not read the cluster's state (`LB_API_ALLOW`).")]
        case .ownPin: [.refusal(403, "A page of another site asked.")]
        case .admin:
            [
                .refusal(401, "Not an administrator; the token would help."),
                .refusal(403, "Not an administrator, or a page of another site asked."),
            ]
        }
    }

    private static func whileAway(_ responses: [Response], _ database: Database) -> WhileAway {
        let mayBeStale = responses.flatMap(\.content).contains { content in
            guard case .object(let object) = content.schema else { return false }
            return object.fields.contains { $0.name == "stale" }
        }
        if mayBeStale { return .stale }
        switch database {
        case .asked: return .unavailable
        case .notAsked: return .same
        }
    }
}

/// Rows that belong together, in the order in which the tests may call them.
package struct EndpointGroup: Sendable {
    /// In lower case: the tag of `/lb/openapi.json` and the heading of its part of the page.
    package let name: String
    /// A few words for that page, with a full stop.
    package let meaning: String
    /// A later one may undo what an earlier one's examples did.
    package let endpoints: [Endpoint]

    init(_ name: String, _ meaning: String, _ endpoints: [Endpoint]) {
        self.name = name
        self.meaning = meaning
        self.endpoints = endpoints
    }
}

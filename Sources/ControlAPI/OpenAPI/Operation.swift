import HTTPTypes

/// What `/lb/openapi.json` says of one method of one path.
struct Operation: Sendable {
    struct Parameter: Sendable {
        enum Place: String, Sendable {
            case query, path, header, cookie
        }

        let name: String
        let place: Place
        let meaning: String
        let schema: JSON

        init(_ name: String, _ meaning: String, _ schema: JSON, in place: Place = .query) {
            self.name = name
            self.place = place
            self.meaning = meaning
            self.schema = schema
        }

        init(_ number: NumberParameter, _ meaning: String, in place: Place = .query) {
            self.init(number.name, meaning, number.schema, in: place)
        }

        var json: JSON {
            [
                "name": .string(name), "in": .string(place.rawValue), "description": .string(meaning),
                "required": .bool(place == .path), "schema": schema,
            ]
        }
    }

    struct Response: Sendable {
        let status: Int
        let meaning: String
        /// By media type; empty for a response without a body of ours.
        let content: [JSON.Field]

        init(_ status: Int, _ meaning: String, _ schema: JSON) {
            self.init(status, meaning, content: ["application/json" ~> schema])
        }

        init(_ status: Int, _ meaning: String, content: [JSON.Field]) {
            self.status = status
            self.meaning = meaning
            self.content = content
        }

        static func failure(_ status: Int, _ meaning: String) -> Response {
            Response(status, meaning, Schema.reference("Error"))
        }

        var json: JSON {
            let media = content.map { JSON.Field($0.name, ["schema": $0.value]) }
            return ["description": .string(meaning), "content": .object(media)]
        }
    }

    let method: Endpoint.Method
    let path: String
    let group: String
    let summary: String
    var parameters: [Parameter] = []
    /// The schema of the JSON body it takes; nil where it reads none.
    var body: JSON?
    let responses: [Response]

    /// - Parameter access: adds who may, and what others hear.
    func json(access: Endpoint.Access) -> JSON {
        let all = (responses + Operation.refusals(access)).reduce(into: [Response]()) { known, response in
            if !known.contains(where: { $0.status == response.status }) { known.append(response) }
        }
        let answers = all.sorted { $0.status < $1.status }.map { JSON.Field(String($0.status), $0.json) }
        let failure = Response.failure(0, "Any other refusal, such as 404 and 405.").json
        var fields: [JSON.Field] = [
            "operationId" ~> .string(identifier), "tags" ~> [.string(group)], "summary" ~> .string(summary),
        ]
        if !parameters.isEmpty { fields.append("parameters" ~> .array(parameters.map(\.json))) }
        if let body {
            fields.append("requestBody" ~> ["content": ["application/json": ["schema": body]]])
        }
        fields.append("responses" ~> .object(answers + [JSON.Field("default", failure)]))
        if case .admin = access { fields.append("security" ~> [["adminToken": .array([])], .object([])]) }
        return .object(fields)
    }

    /// `GET /lb/node-status` → `get_lb_node_status`.
    private var identifier: String {
        let words = path.split { !$0.isLetter && !$0.isNumber }.joined(separator: "_")
        return "\(method.rawValue.lowercased())_\(words)"
    }

    private static func refusals(_ access: Endpoint.Access) -> [Response] {
        switch access {
        case .open, .redirect: []
        case .state: [.failure(403, "The address may not read the cluster's state (`LB_API_ALLOW`).")]
        case .ownPin: [.failure(403, "A page of another site asked.")]
        case .admin:
            [
                .failure(401, "Not an administrator; the token would help."),
                .failure(403, "Not an administrator, or a page of another site asked."),
            ]
        }
    }

    /// What an operation answers that asks the database.
    static let storeFailures: [Response] = [
        .failure(500, "The database refused the statement."),
        .failure(503, "The database cannot be reached (`database_unavailable`)."),
    ]
}

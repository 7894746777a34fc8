import HTTPTypes

/// What rows are made of.
extension Endpoint {
    /// What a caller may send beside a body. One in the path must be there; any other may be left out.
    package struct Parameter: Sendable {
        /// Where it stands; the raw values are OpenAPI's `in`.
        package enum Place: String, Sendable {
            case query, path, header, cookie
        }

        /// As it is sent; for one in the path, what stands between the braces.
        package let name: String
        package let place: Place
        /// One sentence for people.
        package let meaning: String
        package let schema: Schema

        init(_ name: String, _ meaning: String, _ schema: Schema, in place: Place = .query) {
            self.name = name
            self.place = place
            self.meaning = meaning
            self.schema = schema
        }

        init(_ number: NumberParameter, _ meaning: String, in place: Place = .query) {
            self.init(number.name, meaning, number.schema, in: place)
        }

        /// What stands in the place of `{node}`.
        static let node = Parameter("node", "A node's id.", .nodeID, in: .path)
    }

    /// One status that a row may answer, with each form that its body can have.
    package struct Response: Sendable {
        package let status: Int
        /// For people: when it comes, or what is in it.
        package let meaning: String
        /// By media type.
        package let content: [Content]

        init(_ status: Int, _ meaning: String, _ content: [Content]) {
            self.status = status
            self.meaning = meaning
            self.content = content
        }

        static func refusal(_ status: Int, _ meaning: String) -> Response {
            Response(status, meaning, [.json(Refusal.schema)])
        }
    }

    /// One form of a body.
    package struct Content: Sendable {
        /// The media type, without parameters.
        package let type: String
        /// What the body holds; of one that is no JSON, `.string` or the one text that there is.
        package let schema: Schema

        static func json(_ schema: Schema) -> Content { Content(type: "application/json", schema: schema) }
        static func text(_ schema: Schema) -> Content { Content(type: "text/plain", schema: schema) }
        static let page = Content(type: "text/html", schema: .string)
        static let jsonLines = Content(type: "application/x-ndjson", schema: .string)
        static let events = Content(type: "text/event-stream", schema: .string)
    }

    /// A request that shows what the row is for: in `compose/cluster.http`, and as a call of the end-to-end tests.
    package struct Example: Sendable {
        /// Whether the tests make the request as well.
        package enum Use: Sendable {
            /// The tests expect this status of a settled cluster; the request leaves it as it is, or a later one undoes it.
            case tried(status: Int)
            /// For people only: it would not end, or the cluster would no longer be settled.
            case shown
        }

        /// What it does; nil where the row's summary says so.
        package let title: String?
        /// With its question mark.
        package let query: String
        /// What the request needs beside the token and, with a body, its `Content-Type`.
        package let fields: [(name: String, value: String)]
        /// `{{node}}` stands for a node's id, here and in fields.
        package let body: String?
        package let use: Use

        init(
            _ title: String? = nil, query: String = "", fields: [(String, String)] = [], body: String? = nil,
            _ use: Use = .tried(status: 200)
        ) {
            self.title = title
            self.query = query
            self.fields = fields.map { (name: $0.0, value: $0.1) }
            self.body = body
            self.use = use
        }
    }
}

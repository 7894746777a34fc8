import HTTPTypes

/// What rows are made of.
extension Endpoint {
    package struct Parameter: Sendable {
        package enum Place: String, Sendable {
            case query, path, header, cookie
        }

        package let name: String
        package let place: Place
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

    package struct Response: Sendable {
        package let status: Int
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

    package struct Content: Sendable {
        package let type: String
        package let schema: Schema

        static func json(_ schema: Schema) -> Content { Content(type: "application/json", schema: schema) }
        static func text(_ schema: Schema) -> Content { Content(type: "text/plain", schema: schema) }
        static let page = Content(type: "text/html", schema: .string)
        static let jsonLines = Content(type: "application/x-ndjson", schema: .string)
        static let events = Content(type: "text/event-stream", schema: .string)
    }

    /// A request that shows what the row is for: in `compose/cluster.http`, and as a call of the end-to-end tests.
    package struct Example: Sendable {
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

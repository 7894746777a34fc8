import ClusterCore
package import HTTPTypes

/// What an endpoint answers, before it becomes bytes. The fields that every answer carries are added once, by the
/// responder.
package struct Answer: Sendable {
    /// What becomes the bytes of the body; each case has its media type.
    package enum Body: Sendable {
        case json(JSON)
        case page(Page)
        case text(String)
        /// Prometheus' text format.
        case metrics(String)
        /// One JSON object a line.
        case jsonLines([String])
        /// Goes on until somebody ends it.
        case events(EventStream)
    }

    package var status: HTTPResponse.Status
    /// Only what this answer adds, such as `Allow` or `Set-Cookie`.
    package var fields: HTTPFields
    package var body: Body

    package init(_ body: Body, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A JSON body, and no field beside those that every answer carries.
    package static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Answer {
        Answer(.json(json), status: status)
    }

    /// The bytes of the body, a newline at the end so that a terminal's prompt starts on its own line. Empty for a stream.
    var text: String {
        switch body {
        case .json(let json): json.text + "\n"
        case .page(let page): page.html.markup + "\n"
        case .text(let text): text + "\n"
        case .metrics(let text): text
        case .jsonLines(let lines): lines.map { $0 + "\n" }.joined()
        case .events: ""
        }
    }

    var contentType: String {
        switch body {
        case .json: "application/json; charset=utf-8"
        case .page: "text/html; charset=utf-8"
        case .text: "text/plain; charset=utf-8"
        case .metrics: Exposition.contentType
        case .jsonLines: "application/x-ndjson; charset=utf-8"
        case .events: "text/event-stream; charset=utf-8"
        }
    }
}

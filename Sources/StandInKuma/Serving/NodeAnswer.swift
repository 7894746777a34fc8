package import ClusterCore
package import NIOHTTP1

/// A whole answer of the stand-in node, before it is framed.
package struct NodeAnswer: Sendable {
    /// What is sent behind the head.
    package enum Body: Sendable, Equatable {
        case text(String)
        /// That many octets of `NodeAnswer.pattern`.
        case pattern(Int)

        /// In bytes: the answer's `Content-Length`.
        package var count: Int {
            switch self {
            case .text(let text): text.utf8.count
            case .pattern(let count): count
            }
        }
    }

    package var status: HTTPResponseStatus
    /// In their order; the connection adds `Content-Length`, `Connection` and `Keep-Alive`.
    package var fields: [(String, String)]
    package var body: Body

    package init(status: HTTPResponseStatus, fields: [(String, String)], body: Body) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Octet `i` of a `/bytes/N` body is `i % 251`: a prime, so that a piece lost, doubled or out of place shows.
    package static let patternPeriod = 251

    /// - Parameter text: is JSON already.
    package static func json(_ status: HTTPResponseStatus, _ text: String) -> NodeAnswer {
        NodeAnswer(
            status: status, fields: [("Content-Type", "application/json; charset=utf-8")], body: .text(text))
    }

    /// UTF-8 text, as it is.
    package static func text(_ status: HTTPResponseStatus, _ text: String) -> NodeAnswer {
        NodeAnswer(status: status, fields: [("Content-Type", "text/plain; charset=utf-8")], body: .text(text))
    }

    /// 200, and markup as it is.
    package static func html(_ text: String) -> NodeAnswer {
        NodeAnswer(status: .ok, fields: [("Content-Type", "text/html; charset=utf-8")], body: .text(text))
    }
}

/// What a node found when it asked its database for a sign of life.
package enum DatabaseCheck: Sendable, Equatable {
    case healthy(took: Duration)
    case unhealthy(reason: String)
}

/// The texts of the stand-in node's answers.
package enum NodePages {
    /// The name is escaped.
    package static func page(of id: NodeID, name: String) -> String {
        let shown = HTMLText.escaped(name)
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(shown)</title></head>
            <body><h1>\(shown)</h1><p>This is the stand-in Kuma node <b id="node">\(id)</b>.</p></body></html>

            """
    }

    /// 200 with the milliseconds that the database took, or 503 with the reason: the cluster fork's own form
    /// (FactsAboutKuma.md).
    package static func health(_ check: DatabaseCheck, node: NodeID) -> NodeAnswer {
        switch check {
        case .healthy(let took):
            .json(
                .ok,
                "{\"ok\":true,\"status\":\"healthy\",\"nodeId\":\(JSONString.quoted(node.text)),\"checks\":{\"database\":"
                    + "{\"status\":\"healthy\",\"responseTime\":\(took.wholeMilliseconds)}}}")
        case .unhealthy(let reason):
            .json(
                .serviceUnavailable,
                "{\"ok\":false,\"status\":\"unhealthy\",\"nodeId\":\(JSONString.quoted(node.text)),\"checks\":"
                    + "{\"database\":{\"status\":\"unhealthy\",\"error\":\(JSONString.quoted(reason))}}}")
        }
    }

    /// The fields as pairs, in the order in which they came; several of one name stay apart.
    package static func echo(_ head: HTTPRequestHead, node: NodeID) -> String {
        let fields = head.headers.map { "[\(JSONString.quoted($0.name)),\(JSONString.quoted($0.value))]" }
        return "{\"node\":\(JSONString.quoted(node.text)),\"method\":\(JSONString.quoted(head.method.rawValue)),"
            + "\"target\":\(JSONString.quoted(head.uri)),\"headers\":[\(fields.joined(separator: ","))]}"
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}

package import NIOHTTP1

/// Whether a request to upgrade is granted, and what then talks on the connection.
package enum WebSocketAdmission: Sendable, Equatable {
    /// `/ws`: every frame comes back.
    case echo
    /// `/socket.io/` with a session of this node.
    case engineIO(sid: String)
    /// `/socket.io/` without a session: a client that never polls.
    case newEngineIO
    case refused(status: HTTPResponseStatus, body: String)

    /// - Parameter knows: whether a sid is a session of this node.
    package init(_ head: HTTPRequestHead, knows: (String) -> Bool) {
        let (path, queryText) = NodeRoute.split(head.uri)
        let query = EngineIOQuery(query: queryText)
        if query.sid == nil, let refusal = WebSocketAdmission.foreignOrigin(head.headers) {
            self = refusal
            return
        }
        switch path {
        case "/ws": self = .echo
        case "/socket.io/":
            if query.transport != "websocket" {
                self = .refused(status: .badRequest, body: EngineIORefusal.unknownTransport.json)
            } else if let sid = query.sid {
                self =
                    knows(sid)
                    ? .engineIO(sid: sid) : .refused(status: .badRequest, body: EngineIORefusal.unknownSession.json)
            } else {
                self = .newEngineIO
            }
        case _: self = .refused(status: .badRequest, body: "no WebSocket at this path\n")
        }
    }

    /// Kuma refuses a WebSocket whose `Origin` names another host than `Host` does (FactsAboutKuma.md).
    private static func foreignOrigin(_ headers: HTTPHeaders) -> WebSocketAdmission? {
        guard let origin = headers.first(name: "Origin") else { return nil }
        let host = headers.first(name: "Host") ?? ""
        guard let scheme = origin.firstRange(of: "://"), origin[scheme.upperBound...] == host else {
            return .refused(status: .forbidden, body: "Origin \(origin) is not \(host)\n")
        }
        return nil
    }
}

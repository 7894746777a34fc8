package import ClusterCore
package import NIOHTTP1

/// What a request asks of the stand-in node, decided from its method and target alone.
package enum NodeRoute: Sendable, Equatable {
    /// A page that names the node: any path of Kuma's front end.
    case page
    /// `GET /api/v1/health`
    case health
    /// `GET /api/v1/status`: 200 whatever the database does.
    case status
    /// `GET /api/entry-page`, which a stock Kuma answers too.
    case entryPage
    /// `POST /api/v1/reconcile-monitors`
    case reconcile
    /// `GET /api/v1/monitors/{id}`: whether this node runs it.
    case monitor(MonitorID)
    /// `PUT /api/v1/monitors/{id}`: stores what the body says of it and starts it here, whoever runs it.
    case update(MonitorID)
    /// `/echo-headers`: the request's fields as JSON, in order.
    case echoHeaders
    /// `/bytes/N`: a body of exactly N octets.
    case bytes(Int)
    /// `/upload`: counts the octets of the request's body.
    case upload
    /// `/slow?ms=N`: answers after a while.
    case slow(Duration)
    /// `/cookie`: sets a cookie of its own.
    case cookie
    /// `/socket.io/` without an upgrade.
    case polling(EngineIOQuery)
    /// A path where only a WebSocket upgrade makes sense.
    case upgradeRequired
    /// A number in the path is out of range or none.
    case badRequest(reason: String)
    case methodNotAllowed(allow: String)
    case notFound

    /// Largest `/bytes/N`: 1 GiB.
    package static let largestBody = 1 << 30
    /// Longest `/slow?ms=N`.
    package static let longestDelay: Duration = .seconds(120)

    /// Any path that stands for nothing else is a page, but for those below `/api/`.
    /// - Parameter target: as in the request line.
    package init(method: HTTPMethod, target: String) {
        let (path, query) = NodeRoute.split(target)
        switch path {
        case "/api/v1/health": self = NodeRoute.get(method, .health)
        case "/api/v1/status": self = NodeRoute.get(method, .status)
        case "/api/entry-page": self = NodeRoute.get(method, .entryPage)
        case "/api/v1/reconcile-monitors": self = method == .POST ? .reconcile : .methodNotAllowed(allow: "POST")
        case "/echo-headers": self = .echoHeaders
        case "/upload": self = .upload
        case "/cookie": self = .cookie
        case "/slow": self = NodeRoute.slow(query)
        case "/ws": self = .upgradeRequired
        case "/socket.io/": self = .polling(EngineIOQuery(query: query))
        case _ where path.hasPrefix("/bytes/"): self = NodeRoute.bytes(path.dropFirst("/bytes/".count))
        case _ where path.hasPrefix("/api/v1/monitors/"):
            self = NodeRoute.monitor(path.dropFirst("/api/v1/monitors/".count), method)
        case _ where path.hasPrefix("/api/"): self = .notFound
        case _: self = NodeRoute.get(method, .page)
        }
    }

    /// Path and query of a target; the query is empty when there is none.
    package static func split(_ target: String) -> (path: String, query: Substring) {
        guard let mark = target.firstIndex(of: "?") else { return (target, "") }
        return (String(target[..<mark]), target[target.index(after: mark)...])
    }

    /// The value of the first parameter of that name. Nothing here needs percent-decoding.
    package static func parameter(_ name: String, of query: Substring) -> Substring? {
        for pair in query.split(separator: "&") where pair.hasPrefix(name + "=") {
            return pair.dropFirst(name.count + 1)
        }
        return nil
    }

    private static func get(_ method: HTTPMethod, _ route: NodeRoute) -> NodeRoute {
        method == .GET || method == .HEAD ? route : .methodNotAllowed(allow: "GET, HEAD")
    }

    private static func slow(_ query: Substring) -> NodeRoute {
        guard let text = parameter("ms", of: query), let milliseconds = Int(text), milliseconds >= 0,
            .milliseconds(milliseconds) <= longestDelay
        else { return .badRequest(reason: "write /slow?ms=N with N from 0 to 120000") }
        return .slow(.milliseconds(milliseconds))
    }

    private static func bytes(_ text: Substring) -> NodeRoute {
        guard let count = Int(text), (0...largestBody).contains(count) else {
            return .badRequest(reason: "write /bytes/N with N from 0 to \(largestBody)")
        }
        return .bytes(count)
    }

    private static func monitor(_ text: Substring, _ method: HTTPMethod) -> NodeRoute {
        guard let id = Int64(text) else { return .badRequest(reason: "a monitor id is a number") }
        return method == .PUT ? .update(MonitorID(id)) : .monitor(MonitorID(id))
    }
}

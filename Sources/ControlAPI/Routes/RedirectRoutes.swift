import ClusterCore
import HTTPTypes

/// The names that scripts of the old system know: each sends the caller on to its `/lb/` name.
enum RedirectRoutes {
    static let names = WireNames.olderPaths.map { (old: "\($0.old)", new: "\($0.new)") }

    static var endpoints: [Endpoint] {
        names.map { name in
            let action: Endpoint.Action = { request in answer(to: name.new, query: request.query) }
            return Endpoint(name.old, .redirect, [.get: action, .post: action])
        }
    }

    /// 308 keeps the method. The location is relative: whatever name and port the client used stay right behind any
    /// proxy.
    private static func answer(to path: String, query: String?) -> Answer {
        let location = query.map { "\(path)?\($0)" } ?? path
        let body: JSON = ["location": .string(location)]
        return Answer(.json(body), status: .permanentRedirect, fields: [.location: location])
    }
}

/// One row of API.md: a path, who may use it, and what each method does.
package struct Endpoint: Sendable {
    /// The methods any endpoint has. HEAD is GET without the body and needs no entry.
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
    }

    package enum Access: Sendable {
        /// Anybody: liveness, and what concerns the caller's own pin only.
        case open
        /// Reads the cluster's state: `LB_API_ALLOW`.
        case state
        /// Changes the caller's own cookie: anybody, but never on behalf of another site.
        case ownPin
        /// Changes the cluster: administrators, and never on behalf of another site.
        case admin
        /// An old name: sends the caller on, which changes and tells nothing.
        case redirect
    }

    package typealias Action = @Sendable (APIRequest) async throws(Refusal) -> Answer

    /// As API.md writes it; `{node}` stands for one segment.
    package let path: String
    package let access: Access
    package let actions: [Method: Action]
    /// How a refusal looks here; JSON unless the endpoint is a page for people.
    package let refuse: @Sendable (Refusal, APIRequest) -> Answer

    package init(
        _ path: String, _ access: Access, _ actions: [Method: Action],
        refuse: @escaping @Sendable (Refusal, APIRequest) -> Answer = { refusal, _ in refusal.answer }
    ) {
        self.path = path
        self.access = access
        self.actions = actions
        self.refuse = refuse
    }

    /// What `Allow` lists.
    package var allowedMethods: [String] {
        var methods: [String] = []
        if actions[.get] != nil { methods += ["GET", "HEAD"] }
        if actions[.post] != nil { methods.append("POST") }
        return methods
    }
}

/// Finds the endpoint of a path by its exact bytes: nothing is decoded, folded or normalised, so `//lb`, `%2f` and dot
/// segments are what they look like: unknown. (Hummingbird's own router skips empty segments, and answers a wrong method
/// with 404.)
package struct EndpointTable: Sendable {
    package struct Match: Sendable {
        package let endpoint: Endpoint
        package let node: String
    }

    private static let placeholder = "{node}"

    package let endpoints: [Endpoint]
    private let literal: [String: Endpoint]
    private let patterns: [(segments: [Substring], endpoint: Endpoint)]

    package init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
        let isPattern: (Endpoint) -> Bool = { $0.path.contains(EndpointTable.placeholder) }
        literal = Dictionary(
            endpoints.filter { !isPattern($0) }.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        patterns = endpoints.filter(isPattern).map { (EndpointTable.segments($0.path), $0) }
    }

    package func match(_ path: String) -> Match? {
        if let endpoint = literal[path] { return Match(endpoint: endpoint, node: "") }
        let segments = EndpointTable.segments(path)
        for (pattern, endpoint) in patterns where pattern.count == segments.count {
            var node = ""
            let fits = zip(pattern, segments).allSatisfy { expected, found in
                guard expected == EndpointTable.placeholder else { return expected == found }
                node = String(found)
                return !found.isEmpty
            }
            if fits { return Match(endpoint: endpoint, node: node) }
        }
        return nil
    }

    private static func segments(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}

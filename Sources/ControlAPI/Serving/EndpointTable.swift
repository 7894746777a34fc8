/// Finds the rows of a path by its exact bytes: nothing is decoded, folded or normalised, so `//lb`, `%2f` and dot
/// segments are what they look like: unknown. (Hummingbird's own router skips empty segments, and answers a wrong method
/// with 404.)
package struct EndpointTable: Sendable {
    /// What the table knows of a path.
    package struct Match: Sendable {
        /// At least one.
        package let endpoints: [Endpoint.Method: Endpoint]
        /// What stood in the place of `{node}`; empty where there is none.
        package let node: String

        /// What `Allow` lists.
        package var allowedMethods: [String] {
            Endpoint.Method.allCases.filter { endpoints[$0] != nil }.flatMap { method -> [String] in
                switch method {
                case .get: ["GET", "HEAD"]
                case .post: ["POST"]
                }
            }
        }
    }

    private typealias Row = [Endpoint.Method: Endpoint]

    private static let placeholder = "{node}"

    private let literal: [String: Row]
    private let patterns: [(segments: [Substring], row: Row)]

    /// Of several with one method and path the first counts.
    package init(_ endpoints: [Endpoint]) {
        let rows = Dictionary(grouping: endpoints, by: \.path).mapValues { endpoints in
            Dictionary(endpoints.map { ($0.method, $0) }, uniquingKeysWith: { first, _ in first })
        }
        literal = rows.filter { !$0.key.contains(EndpointTable.placeholder) }
        patterns = rows.filter { $0.key.contains(EndpointTable.placeholder) }.map {
            (EndpointTable.segments($0.key), $0.value)
        }
    }

    /// - Parameter path: without its query, as it came.
    /// - Returns: nil for an unknown path. A path without a placeholder wins over one with it.
    package func match(_ path: String) -> Match? {
        if let row = literal[path] { return Match(endpoints: row, node: "") }
        let segments = EndpointTable.segments(path)
        for (pattern, row) in patterns where pattern.count == segments.count {
            var node = ""
            let fits = zip(pattern, segments).allSatisfy { expected, found in
                guard expected == EndpointTable.placeholder else { return expected == found }
                node = String(found)
                return !found.isEmpty
            }
            if fits { return Match(endpoints: row, node: node) }
        }
        return nil
    }

    private static func segments(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}

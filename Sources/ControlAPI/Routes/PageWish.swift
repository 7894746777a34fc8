import ClusterCore
import ClusterStore
import HTTPTypes

/// Which page of a history somebody wants: `limit`, `before` and `node`.
struct PageWish: Sendable {
    static let limit = NumberParameter(
        name: "limit", range: 1...HistoryLimits.page, reason: .invalidLimit, fallback: 100)
    static let before = NumberParameter(name: "before", range: 1...Int.max, reason: .invalidBefore)

    var limit: Int
    var before: Int64?
    var node: NodeID?

    /// - Throws: a refusal that names the parameter; unknown parameters are none of ours.
    init(parameters: [String: String]) throws(Refusal) {
        limit = try PageWish.limit.read(from: parameters) ?? PageWish.limit.fallback ?? HistoryLimits.page
        before = try PageWish.before.read(from: parameters).map { Int64($0) }
        if let text = parameters["node"] {
            guard let node = try? NodeID(text) else {
                throw Refusal(.badRequest, .invalidNode, "node must be a node id")
            }
            self.node = node
        }
    }

    static func unknownKind(of what: String, allowed: [String]) -> Refusal {
        Refusal(
            .badRequest, .invalidKind, "there is no such kind of \(what)",
            help: [JSON.Field("allowed", .array(allowed.map { JSON.string($0) }))])
    }
}

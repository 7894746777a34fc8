import ClusterCore
import ClusterStore
import HTTPTypes

/// Which page of a history somebody wants: `limit`, `before` and `node`.
struct PageWish: Sendable {
    var limit = 100
    var before: Int64?
    var node: NodeID?

    /// - Throws: a refusal that names the parameter; unknown parameters are none of ours.
    init(parameters: [String: String]) throws(Refusal) {
        if let text = parameters["limit"] {
            guard let limit = Int(text), (1...HistoryLimits.page).contains(limit) else {
                throw Refusal(
                    .badRequest, .invalidLimit, "limit must be 1 to \(HistoryLimits.page)",
                    help: [JSON.Field("limit", .integer(HistoryLimits.page))])
            }
            self.limit = limit
        }
        if let text = parameters["before"] {
            guard let before = Int64(text), before > 0 else {
                throw Refusal(.badRequest, .invalidBefore, "before must be the id of an entry")
            }
            self.before = before
        }
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

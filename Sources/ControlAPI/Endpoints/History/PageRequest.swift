import ClusterCore
import ClusterStore
import ControlPlane
import HTTPTypes

/// Which page of a history somebody wants: `limit`, `before` and `node`; `kind` is each history's own.
struct PageRequest: Sendable {
    static let limit = NumberParameter(
        name: "limit", range: 1...HistoryLimits.page, reason: .invalidLimit, fallback: 100)
    static let before = NumberParameter(name: "before", range: 1...Int.max, reason: .invalidBefore)

    static func parameters<Kind: AnswerWord>(kind: Kind.Type) -> [Endpoint.Parameter] {
        [
            Endpoint.Parameter(limit, "Rows of the page."),
            Endpoint.Parameter(before, "Only what is older than this id: the last page's `next`."),
            Endpoint.Parameter("node", "Only what concerns this node.", .nodeID),
            Endpoint.Parameter("kind", "Only this kind.", .words(kind.askedBy)),
        ]
    }

    var limit: Int
    var before: Int64?
    var node: NodeID?

    /// - Throws: a refusal that names the parameter; unknown parameters are none of ours.
    init(parameters: [String: String]) throws(Refusal) {
        limit = try PageRequest.limit.read(from: parameters) ?? PageRequest.limit.fallback ?? HistoryLimits.page
        before = try PageRequest.before.read(from: parameters).map { Int64($0) }
        if let text = parameters["node"] {
            guard let node = try? NodeID(text) else {
                throw Refusal(.badRequest, .invalidNode, "node must be a node id")
            }
            self.node = node
        }
    }

    /// Reads `kind`; nil where it was not sent.
    /// - Parameter what: of which history, for people.
    static func kind<Kind: AnswerWord>(
        _ type: Kind.Type, of what: String, in parameters: [String: String]
    ) throws(Refusal) -> Kind? {
        guard let text = parameters["kind"] else { return nil }
        guard let kind = Kind(word: text) else {
            throw Refusal(
                .badRequest, .invalidKind, "there is no such kind of \(what)",
                help: Refusal.Help(allowed: type.askedBy))
        }
        return kind
    }
}

/// A page of a history, and the marks of one that is not from the database.
struct HistoryPage<Row: Sendable>: Sendable {
    let rows: [Row]
    let marks: StaleMarks
}

extension AnswerSources {
    /// Reads a page; while the database is away, or somebody keeps the table locked, what memory holds of it.
    func page<Row: Sendable>(
        _ snapshot: ControlPlaneSnapshot, read: () async throws(StoreError) -> [Row], remembered: () -> [Row]
    ) async throws(Refusal) -> HistoryPage<Row> {
        do throws(StoreError) { return HistoryPage(rows: try await read(), marks: .none) } catch {
            switch error {
            case .unavailable, .deadlineExceeded, .contended:
                let marks = snapshot.staleMarks(Moment.now)
                return HistoryPage(rows: remembered(), marks: marks.isStale ? marks : .stale)
            case .leaseLost, .notPermitted, .schemaMissing, .refused: throw Refusal.store(error)
            }
        }
    }
}

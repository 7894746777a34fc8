import ClusterCore
import ClusterStore
package import HTTPTypes

/// Why a request was not done: the status, one readable sentence and one word for programs. Each case of `Reason` is
/// part of the API and never changes its meaning.
package struct Refusal: Error, Sendable {
    /// The word for programs; each raw value is what is sent as `reason`.
    package enum Reason: String, Sendable, CaseIterable {
        // The request is wrong.
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case bodyTooLarge = "body_too_large"
        /// The body is no JSON, or not of the form that is taken.
        case invalidJSON = "invalid_json"
        /// The body has no `node`.
        case missingNode = "missing_node"
        /// A name of the body holds another kind of value, or the body of a pin is no object.
        case wrongType = "wrong_type"
        /// Of a body or a query: not in the form of a node id. One that is not there, or malformed in a path: `unknownNode`.
        case invalidNode = "invalid_node"
        case invalidExpires = "invalid_expires"
        case invalidLimit = "invalid_limit"
        /// Of `before`, and of `Last-Event-ID`.
        case invalidBefore = "invalid_before"
        case invalidKind = "invalid_kind"
        case invalidMaxMoves = "invalid_max_moves"
        /// Of `dry_run` and `confirm`.
        case invalidFlag = "invalid_flag"
        /// Of a pause's end: no time, one that is past, or one too far away.
        case invalidUntil = "invalid_until"
        case invalidLines = "invalid_lines"
        case invalidLevel = "invalid_level"
        case unknownParameter = "unknown_parameter"
        /// A body where all that is asked for stands in the query.
        case unexpectedBody = "unexpected_body"
        // The caller may not.
        case adminRequired = "admin_required"
        /// `LB_API_ALLOW`.
        case addressNotAllowed = "address_not_allowed"
        case crossSite = "cross_site"
        // The request needs more, or comes at the wrong time.
        case confirmationRequired = "confirmation_required"
        case rebalanceRunning = "rebalance_running"
        /// A person has paused automatic moves.
        case paused = "paused"
        case tooManyFollowers = "too_many_followers"
        // The cluster says no.
        case unknownNode = "unknown_node"
        case nodeOffline = "node_offline"
        case nodeRecovering = "node_recovering"
        case nodeCordoned = "node_cordoned"
        case nodeInMaintenance = "node_in_maintenance"
        /// Its row names no address, or the name does not resolve.
        case nodeUnreachable = "node_unreachable"
        /// Away, locked or without the cluster's tables: worth another try.
        case databaseUnavailable = "database_unavailable"
        /// It said no, for a reason that only the log names.
        case databaseRefused = "database_refused"
    }

    /// What helps, beside the sentence.
    struct Help: AnswerObject {
        /// What may be sent instead.
        var allowed: [String]?
        var parameter: String?
        var value: String?
        var minimum: Int?
        var maximum: Int?
        var limit: Int?
        var pause: PauseAnswer?
        var plan: PlanAnswer?

        static let fields = AnswerFields<Self> {
            $0.sometimes("allowed", \.allowed, "What may be sent instead.")
            $0.sometimes("parameter", \.parameter, "The parameter that is wrong.")
            $0.sometimes("value", \.value, "How it came, at most 40 characters.")
            $0.sometimes("minimum", \.minimum, "The least that it may be.")
            $0.sometimes("maximum", \.maximum, "The most that it may be.")
            $0.sometimes("limit", \.limit, "What is not to be exceeded.")
            $0.sometimes("pause", \.pause, "The pause that stands against it.")
            $0.include(ifThere: \.plan)
        }
    }

    package let status: HTTPResponse.Status
    /// One sentence for people, in English, without a full stop; it may change.
    package let error: String
    package let reason: Reason
    let help: Help
    /// What the status calls for, such as `Allow`, `Retry-After` or `WWW-Authenticate`.
    package let fields: HTTPFields

    init(
        _ status: HTTPResponse.Status, _ reason: Reason, _ error: String, help: Help = Help(), fields: HTTPFields = [:]
    ) {
        self.status = status
        self.error = error
        self.reason = reason
        self.help = help
        self.fields = fields
    }

    /// The refusal as JSON: `error`, `reason`, and what helps.
    package var answer: Answer {
        Answer(.json(json), status: status, fields: fields)
    }
}

extension Refusal.Reason: AnswerWord {}

extension Refusal: AnswerObject {
    static let name: String? = "Error"
    static let fields = AnswerFields<Self> {
        $0.field("error", \.error, "What is wrong, for people.")
        $0.field("reason", \.reason, "The same as a word for programs; no word ever changes its meaning.")
        $0.include(\.help)
    }
}

extension Refusal {
    static let notFound = Refusal(.notFound, .notFound, "no such endpoint")

    static func methodNotAllowed(allowed: [String]) -> Refusal {
        Refusal(
            .methodNotAllowed, .methodNotAllowed, "this endpoint does not have this method",
            help: Help(allowed: allowed),
            fields: [.allow: allowed.joined(separator: ", ")])
    }

    static func bodyTooLarge(limit: Int) -> Refusal {
        Refusal(
            .contentTooLarge, .bodyTooLarge, "the body is larger than \(limit) bytes",
            help: Help(limit: limit))
    }

    static let crossSite = Refusal(
        .forbidden, .crossSite,
        "the request comes from another site, which may not change anything here; a proxy in front that changes Host must be "
            + "in LB_TRUSTED_PROXIES and send X-Forwarded-Host")

    static let embedded = Refusal(
        .forbidden, .crossSite,
        "any page could make a browser send this GET: send the token, or POST")

    /// What a caller is answered when the database did not do its part. The store's own words stay in the log: they may name
    /// hosts and accounts.
    static func store(_ error: StoreError) -> Refusal {
        switch error {
        case .unavailable, .deadlineExceeded:
            unavailable("the database cannot be reached at the moment")
        case .contended:
            unavailable("somebody keeps rows of the database locked at the moment")
        case .schemaMissing:
            unavailable("the cluster's tables are not complete yet")
        case .leaseLost, .notPermitted, .refused:
            Refusal(.internalServerError, .databaseRefused, "the database refused the statement; the log says why")
        }
    }

    private static func unavailable(_ error: String) -> Refusal {
        Refusal(.serviceUnavailable, .databaseUnavailable, error, fields: [.retryAfter: "5"])
    }
}

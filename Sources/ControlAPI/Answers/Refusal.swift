import ClusterCore
import ClusterStore
package import HTTPTypes

/// Why a request was not done: the status, one readable sentence and one word for programs. Each case of `Reason` is
/// part of the API and never changes its meaning.
package struct Refusal: Error, Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        // The request is wrong.
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case bodyTooLarge = "body_too_large"
        case invalidJSON = "invalid_json"
        case missingNode = "missing_node"
        case wrongType = "wrong_type"
        case invalidNode = "invalid_node"
        case invalidExpires = "invalid_expires"
        case invalidLimit = "invalid_limit"
        case invalidBefore = "invalid_before"
        case invalidKind = "invalid_kind"
        case invalidMaxMoves = "invalid_max_moves"
        case invalidFlag = "invalid_flag"
        case invalidUntil = "invalid_until"
        case invalidLines = "invalid_lines"
        case invalidLevel = "invalid_level"
        case unknownParameter = "unknown_parameter"
        case unexpectedBody = "unexpected_body"
        // The caller may not.
        case adminRequired = "admin_required"
        case addressNotAllowed = "address_not_allowed"
        case crossSite = "cross_site"
        // The request needs more, or comes at the wrong time.
        case confirmationRequired = "confirmation_required"
        case rebalanceRunning = "rebalance_running"
        case paused = "paused"
        case tooManyFollowers = "too_many_followers"
        // The cluster says no.
        case unknownNode = "unknown_node"
        case nodeOffline = "node_offline"
        case nodeRecovering = "node_recovering"
        case nodeCordoned = "node_cordoned"
        case nodeInMaintenance = "node_in_maintenance"
        case nodeUnreachable = "node_unreachable"
        case databaseUnavailable = "database_unavailable"
        case databaseRefused = "database_refused"
    }

    package let status: HTTPResponse.Status
    package let error: String
    package let reason: Reason
    /// What helps: `allowed`, `limit`.
    package let help: [JSON.Field]
    package let fields: HTTPFields

    package init(
        _ status: HTTPResponse.Status, _ reason: Reason, _ error: String, help: [JSON.Field] = [],
        fields: HTTPFields = [:]
    ) {
        self.status = status
        self.error = error
        self.reason = reason
        self.help = help
        self.fields = fields
    }

    package var answer: Answer {
        let body: JSON = ["error": .string(error), "reason": .string(reason.rawValue)]
        return Answer(.json(body.adding(help)), status: status, fields: fields)
    }
}

extension Refusal {
    static let notFound = Refusal(.notFound, .notFound, "no such endpoint")

    static func methodNotAllowed(allowed: [String]) -> Refusal {
        Refusal(
            .methodNotAllowed, .methodNotAllowed, "this endpoint does not have this method",
            help: [JSON.Field("allowed", JSON(allowed.map { JSON.string($0) }))],
            fields: [.allow: allowed.joined(separator: ", ")])
    }

    static func bodyTooLarge(limit: Int) -> Refusal {
        Refusal(
            .contentTooLarge, .bodyTooLarge, "the body is larger than \(limit) bytes",
            help: [JSON.Field("limit", .integer(limit))])
    }

    static let crossSite = Refusal(
        .forbidden, .crossSite,
        "the request comes from another site, which may not change anything here; a proxy in front that changes Host must be "
            + "in LB_TRUSTED_PROXIES and send X-Forwarded-Host")

    static let embedded = Refusal(
        .forbidden, .crossSite,
        "any page could make a browser send this GET: send the token, or POST")

    /// What a caller hears when the database did not do its part. The store's own words stay in the log: they may name
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

package import ClusterCore
package import Secrets

/// Who may change the cluster: whoever shows the token, or a client in one of the allowed blocks.
package struct AdminRule: Sendable {
    /// What a caller may do, and what would help one who may not.
    package enum Verdict: Sendable, Equatable {
        case allowed
        /// No or a wrong token, and an address that is not allowed either; showing the token would help.
        case tokenRequired
        /// There is no token one could show, and the address is not allowed.
        case addressRefused
    }

    /// What an administrator shows as `Authorization: Bearer …`.
    private let token: Secret?
    private let allowed: [AddressRange]

    /// - Parameters:
    ///   - token: nil: there is none that one could show.
    ///   - allowed: blocks whose clients need no token; empty: nobody.
    package init(token: Secret?, allowed: [AddressRange]) {
        self.token = token
        self.allowed = allowed
    }

    /// - Parameters:
    ///   - client: nil when the address is unknown; an unknown address is in no block.
    ///   - authorization: the field as it came.
    package func judge(client: IPAddress?, authorization: String?) -> Verdict {
        if let token, let shown = AdminRule.bearer(authorization), token.matches(shown) { return .allowed }
        if let client, allowed.contains(where: { $0.contains(client) }) { return .allowed }
        return token == nil ? .addressRefused : .tokenRequired
    }

    /// The credentials of the Bearer scheme, whose name has no case (RFC 9110 §11.1).
    private static func bearer(_ authorization: String?) -> Substring.UTF8View? {
        guard let authorization, let space = authorization.firstIndex(of: " ") else { return nil }
        guard authorization[..<space].lowercased() == "bearer" else { return nil }
        return authorization[space...].drop { $0 == " " }.utf8
    }
}

/// Who may read the cluster's state: everybody, unless `LB_API_ALLOW` names blocks.
package struct ReadingRule: Sendable {
    private let allowed: [AddressRange]?

    /// - Parameter allowed: nil for everybody.
    package init(allowed: [AddressRange]?) { self.allowed = allowed }

    /// - Parameter client: nil when the address is unknown; then only a rule for everybody permits.
    package func permits(client: IPAddress?) -> Bool {
        guard let allowed else { return true }
        guard let client else { return false }
        return allowed.contains { $0.contains(client) }
    }
}

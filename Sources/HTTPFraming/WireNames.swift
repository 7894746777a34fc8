/// What clients, nodes and scripts meet of us on the wire, each said once: framing, data plane and API read it here.
///
/// It lies where each head is read and written: from another module every use is a call, and a head has a dozen, which made
/// sniffing and rewriting it a third slower. Computed, all but the older paths: a stored one is a lazily initialised global.
package enum WireNames {
    /// A field name in both forms that are needed.
    package struct Field: Sendable {
        /// As it is written.
        package let written: StaticString
        /// As it is compared with what came.
        package let lowercased: StaticString

        /// `written` as a `String`: for what is made once, not for each head.
        package var text: String { "\(written)" }
    }

    // MARK: The pin

    /// The cookie whose value is the node that its client wants: a `NodeID`.
    package static var pinCookie: StaticString { "KUMA_FIXED_NODE" }
    /// The value of a `Set-Cookie` that takes it away.
    package static var clearedPin: StaticString { "KUMA_FIXED_NODE=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax" }

    // MARK: What a response carries

    /// Why the request went where it went.
    package static var routedVia: Field { Field(written: "X-Routed-Via", lowercased: "x-routed-via") }
    /// The node's host name.
    package static var routedTo: Field { Field(written: "X-Routed-To", lowercased: "x-routed-to") }
    /// The node's id.
    package static var routedNode: Field { Field(written: "X-Routed-Node", lowercased: "x-routed-node") }
    /// The balancer that answered for the API.
    package static var balancer: Field { Field(written: "X-Balancer", lowercased: "x-balancer") }

    // MARK: What a request carries to a node

    /// The client's address, without its port. From a trusted proxy: behind what it sent, as the last element of a
    /// list.
    package static var forwardedFor: Field { Field(written: "X-Forwarded-For", lowercased: "x-forwarded-for") }
    /// The host that the client asked for, by `Host` or an absolute target; left out without one. A trusted proxy's own stays.
    package static var forwardedHost: Field { Field(written: "X-Forwarded-Host", lowercased: "x-forwarded-host") }
    /// `http` or `https`, as the client's connection has it. A trusted proxy's own stays.
    package static var forwardedProto: Field { Field(written: "X-Forwarded-Proto", lowercased: "x-forwarded-proto") }
    /// The client's address alone. A trusted proxy's own stays.
    package static var realIP: Field { Field(written: "X-Real-IP", lowercased: "x-real-ip") }

    // MARK: Paths

    /// The control API, and with a slash everything below it.
    package static var apiRoot: StaticString { "/lb" }

    /// A path that scripts of the old system know, and the one that answers now.
    package struct OlderPath: Sendable {
        /// Matched as a whole path, byte by byte.
        package let old: StaticString
        /// Where it sends its caller: an endpoint of the API.
        package let new: StaticString
    }

    /// All but the first begin with `/api/`, which is otherwise Kuma's.
    package static let olderPaths: [OlderPath] = [
        OlderPath(old: "/health", new: "/lb/ping"),
        OlderPath(old: "/api/system-status", new: "/lb/system-status"),
        OlderPath(old: "/api/node-status", new: "/lb/node-status"),
        OlderPath(old: "/api/load-balancer-status", new: "/lb/load-balancer-status"),
        OlderPath(old: "/api/health-check-status", new: "/lb/health-status"),
        OlderPath(old: "/api/health-status", new: "/lb/health-status"),
        OlderPath(old: "/api/fault-detection-status", new: "/lb/fault-detection-status"),
        OlderPath(old: "/api/update-loads", new: "/lb/update-loads"),
        OlderPath(old: "/api/trigger-rebalancing", new: "/lb/trigger-rebalancing"),
        OlderPath(old: "/api/force-rebalance-all", new: "/lb/force-rebalance-all"),
        OlderPath(old: "/api/rebalancing-status", new: "/lb/rebalancing-status"),
        OlderPath(old: "/api/trigger-health-check", new: "/lb/trigger-health-check"),
        OlderPath(old: "/api/debug-config", new: "/lb/debug-config"),
        OlderPath(old: "/api/debug-logs", new: "/lb/debug-logs"),
    ]
}

/// Which fields say where a request came from (Stamping.md), written once more: by whole names in lower case.
enum ReferenceClaims {
    /// The four that every request carries to a node.
    static let stamped: Set<String> = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"]
    private static let named: Set<String> = [
        "forwarded", "forwarded-for", "x-forwarded", "x-client-ip", "x-cluster-client-ip", "x-originating-ip",
        "true-client-ip", "cf-connecting-ip", "fastly-client-ip",
    ]

    /// As a server reads the name that takes `_` for `-`.
    static func dashed(_ name: String) -> String { String(name.map { $0 == "_" ? "-" : $0 }) }

    /// Whether the name is none of the four and claims what they do, or is one of them in disguise.
    static func isClaim(_ name: String) -> Bool {
        let dashed = dashed(name)
        if stamped.contains(dashed) { return dashed != name }
        return named.contains(dashed) || dashed.hasPrefix("x-forwarded-") || dashed.hasPrefix("x-original-")
    }
}

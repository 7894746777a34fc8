/// Whether a browser says that a page of another site made the request. Such a request changes nothing: the
/// person in front of the browser may be an administrator by address, and did not ask for it.
package enum CrossSiteRule {
    /// `Sec-Fetch-Site` decides where it came: no script can set it, and the browser compared its own addresses, which no
    /// proxy on the way has changed. Browsers send it to https and loopback only; elsewhere `Origin` is compared.
    /// - Parameters:
    ///   - fetchSite: `Sec-Fetch-Site` (W3C Fetch Metadata); `none` is an address a person typed or a bookmark.
    ///   - origin: `Origin`; browsers send it with every POST. `null` is a page that hides where it is from.
    ///   - hosts: the names by which the request may have been sent here, as `APIRequest.hosts` has them.
    package static func isForeign(fetchSite: String?, origin: String?, hosts: [String]) -> Bool {
        switch fetchSite {
        case "same-origin", "none": return false
        case .some: return true
        case nil: break
        }
        guard let origin else { return false }
        guard let authority = OriginAuthority(origin) else { return true }
        return !hosts.contains { authority.isNamed(by: $0) }
    }

    /// Whether a GET may be a browser's that nobody asked for: a page of any site makes one by naming an image, and such a
    /// request has no `Origin`. One that is a script's own or a person's, as the browser says, is not.
    /// - Parameters:
    ///   - fetchDestination: `Sec-Fetch-Dest`, absent like `fetchSite` where neither https nor loopback was asked.
    ///   - userAgent: `User-Agent`; every browser's begins with `Mozilla/` (RFC 9110 §10.1.5 has the form), no script's does.
    package static func mayBeEmbedded(fetchSite: String?, fetchDestination: String?, userAgent: String?) -> Bool {
        switch fetchDestination {
        case "empty", "document": false
        case .some: true
        case nil: fetchSite == nil && userAgent?.hasPrefix("Mozilla/") == true
        }
    }
}

/// The host and port of an origin, to be compared with a `Host`. A scheme's own port and an empty one count as absent
/// (RFC 9110 §4.2.3).
private struct OriginAuthority {
    private let name: String
    /// `:80` or `:443`.
    private let ownPort: String

    /// Nil for an origin that is no web page's.
    init?(_ origin: String) {
        let origin = origin.lowercased()
        let schemes = [("http://", ":80"), ("https://", ":443")]
        guard let (scheme, port) = schemes.first(where: { origin.hasPrefix($0.0) }) else { return nil }
        ownPort = port
        name = OriginAuthority.withoutPort(port, String(origin.dropFirst(scheme.count)))
    }

    func isNamed(by host: String) -> Bool {
        !name.isEmpty && OriginAuthority.withoutPort(ownPort, host.lowercased()) == name
    }

    private static func withoutPort(_ port: String, _ authority: String) -> String {
        for ending in [port, ":"] where authority.hasSuffix(ending) {
            // The last group of an IPv6 address stands before a bracket, never at the end.
            return String(authority.dropLast(ending.count))
        }
        return authority
    }
}

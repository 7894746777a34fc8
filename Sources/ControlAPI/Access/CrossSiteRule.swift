/// Whether a browser says that a page of another site made the request (DESIGN.md §8). Such a request changes nothing: the
/// person in front of the browser may be an administrator by address, and did not ask for it.
package enum CrossSiteRule {
    /// - Parameters:
    ///   - fetchSite: `Sec-Fetch-Site` (W3C Fetch Metadata); `none` is an address a person typed or a bookmark.
    ///   - origin: `Origin`; browsers send it with every POST. `null` is a page that hides where it is from.
    ///   - host: the request's own `Host`.
    package static func isForeign(fetchSite: String?, origin: String?, host: String?) -> Bool {
        if let fetchSite, fetchSite != "same-origin", fetchSite != "none" { return true }
        guard let origin else { return false }
        guard let host, let authority = authority(ofOrigin: origin) else { return true }
        let own = host.lowercased()
        return authority.name != own && "\(authority.name):\(authority.defaultPort)" != own
    }

    /// What follows the scheme, and the port that the scheme implies.
    private static func authority(ofOrigin origin: String) -> (name: String, defaultPort: Int)? {
        let origin = origin.lowercased()
        for (scheme, port) in [("http://", 80), ("https://", 443)] where origin.hasPrefix(scheme) {
            return (String(origin.dropFirst(scheme.count)), port)
        }
        return nil
    }
}

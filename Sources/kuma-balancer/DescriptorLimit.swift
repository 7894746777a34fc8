import Glibc

/// Two descriptors a connection: the soft limit that programs start with, 1024 as a rule, would be reached by five hundred
/// browsers.
enum DescriptorLimit {
    /// Containers often have a hard limit of a thousand million; nobody needs tables of that size.
    private static let most: rlim_t = 262_144

    /// Raises the soft limit to the hard one, up to `most` (getrlimit(2)). Where that is refused, the limit stays and the data
    /// plane admits fewer connections.
    static func raise() {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, most)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        setrlimit(kind, &limit)
    }
}

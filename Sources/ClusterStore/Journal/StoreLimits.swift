import ClusterCore

/// How long the list of balancers remembers one that was not seen.
enum PresenceLimits {
    static let keep: Duration = .seconds(3600)
}

extension MoveLimits {
    /// - Throws: `.refused` above `batch`: the caller must cut its work.
    static func check(_ count: Int) throws(StoreError) {
        guard count <= batch else { throw .refused(code: 0, reason: "\(count) moves in one batch of at most \(batch)") }
    }
}

/// When a lease holds.
enum LeaseLimits {
    /// A lease ends by itself, and also when its end is further away than whoever takes it could have put it: then the
    /// database's clock stepped back, and its holder may be gone for as long as the step. Where balancers differ in
    /// their `LEASE_TTL`, the one with the shorter may end the longer lease early; the epoch keeps that safe.
    static func isStanding(remaining: Duration, ttl: Duration) -> Bool {
        remaining > .zero && remaining <= ttl + DatabaseClock.tolerance
    }
}

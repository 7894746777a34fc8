package import ClusterCore
package import ClusterStore

/// What a balancer knows of the database, from how its calls ended.
package struct DatabaseSnapshot: Sendable {
    /// Whether it answers, be it with a refusal; false until it has.
    package var isReachable: Bool
    /// Since `isReachable` has been as it is.
    package var since: ContinuousClock.Instant
    /// Its text is for administrators: it may name users and hosts.
    package var lastError: StoreError?
    /// When the tables were last read whole; nil before the first time in this run, also while a state file is shown.
    package var lastRead: ContinuousClock.Instant?
    /// Why this is no cluster's database; nil when it is one, or nobody knows yet.
    package var foreignness: String?
    /// The last time that clocks of the database were found to disagree.
    package var skew: ClockSkew?
    /// Which host it works on, and why others are not fit; nil before the first pass.
    package var hosts: DatabaseHosts?

    /// What there is behind it when no node is known to route to.
    package var shortage: RoutingShortage? {
        if foreignness != nil { return .notAClusterDatabase }
        // Before the first answer, good or bad, nobody knows.
        return isReachable || lastError == nil ? nil : .databaseUnreachable
    }

    package init(
        isReachable: Bool, since: ContinuousClock.Instant, lastError: StoreError?, lastRead: ContinuousClock.Instant?
    ) {
        self.isReachable = isReachable
        self.since = since
        self.lastError = lastError
        self.lastRead = lastRead
    }
}

package import ClusterStore

package struct DatabaseView: Sendable {
    package var isReachable: Bool
    /// Since `isReachable` has been as it is.
    package var since: ContinuousClock.Instant
    /// Its text is for administrators: it may name users and hosts.
    package var lastError: StoreError?
    /// Since the state shown was read; nil when it never was.
    package var lastRead: ContinuousClock.Instant?
    /// The last time that clocks of the database were found to disagree.
    package var skew: ClockSkew?

    package init(
        isReachable: Bool, since: ContinuousClock.Instant, lastError: StoreError?, lastRead: ContinuousClock.Instant?
    ) {
        self.isReachable = isReachable
        self.since = since
        self.lastError = lastError
        self.lastRead = lastRead
    }
}

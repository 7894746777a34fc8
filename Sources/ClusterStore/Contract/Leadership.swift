package import ClusterCore

/// The right to move monitors: `holder` in `epoch`. A statement under an older epoch has no effect.
package struct Lease: Sendable, Equatable {
    package let holder: BalancerID
    /// Raised by one with each take of the lease: 1 for the first leader of a database.
    package let epoch: Int64

    package init(holder: BalancerID, epoch: Int64) {
        self.holder = holder
        self.epoch = epoch
    }
}

/// Who holds the lease, as the database answered.
package enum LeaseAnswer: Sendable, Equatable {
    /// Ours for the full TTL from the moment the database answered. `isNew`: not held by us just before; then in a new
    /// epoch.
    case held(Lease, isNew: Bool)
    /// `expiresIn`: by the database's clock when it answered; above zero, and no more than `LeaseLimits` allow.
    case heldByOther(BalancerID, epoch: Int64, expiresIn: Duration)
}

/// How a balancer names itself to the others and to people.
package struct BalancerPresence: Sendable, Equatable {
    package let id: BalancerID
    /// Where clients reach it, such as `10.0.0.5:8084`.
    package let address: String
    /// Of the balancer's program.
    package let version: String

    package init(id: BalancerID, address: String, version: String) {
        self.id = id
        self.address = address
        self.version = version
    }
}

/// A balancer in the list of those that are there or were lately.
package struct BalancerRecord: Sendable, Equatable {
    package let presence: BalancerPresence
    /// Since its last announcement, by the database's clock. Below zero where a database host whose clock is ahead took
    /// that, or the clock stepped back since.
    package let lastSeenAge: Duration

    package init(presence: BalancerPresence, lastSeenAge: Duration) {
        self.presence = presence
        self.lastSeenAge = lastSeenAge
    }
}

/// How long the list of balancers remembers one that was not seen.
package enum PresenceLimits {
    /// Since its last announcement; the next one of any balancer drops what is older.
    package static let keep: Duration = .seconds(3600)
}

/// When a lease holds.
package enum LeaseLimits {
    /// A lease ends by itself, and also when its end is further away than whoever takes it could have put it: then the
    /// database's clock stepped back, and its holder may be gone for as long as the step. Where balancers differ in
    /// their `LEASE_TTL`, the one with the shorter may end the longer lease early; the epoch keeps that safe.
    package static func isStanding(remaining: Duration, ttl: Duration) -> Bool {
        remaining > .zero && remaining <= ttl + DatabaseClock.tolerance
    }
}

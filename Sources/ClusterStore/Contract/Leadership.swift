package import ClusterCore

/// The right to move monitors: `holder` in `epoch`. A statement under an older epoch has no effect.
package struct Lease: Sendable, Equatable {
    package let holder: BalancerID
    package let epoch: Int64

    package init(holder: BalancerID, epoch: Int64) {
        self.holder = holder
        self.epoch = epoch
    }
}

package enum LeaseAnswer: Sendable, Equatable {
    /// Ours for the full TTL from the moment the database answered. `isNew`: not held by us just before; then in a new
    /// epoch.
    case held(Lease, isNew: Bool)
    case heldByOther(BalancerID, epoch: Int64, expiresIn: Duration)
}

package struct BalancerPresence: Sendable, Equatable {
    package let id: BalancerID
    /// Where clients reach it, such as `10.0.0.5:8084`.
    package let address: String
    package let version: String

    package init(id: BalancerID, address: String, version: String) {
        self.id = id
        self.address = address
        self.version = version
    }
}

package struct BalancerRecord: Sendable, Equatable {
    package let presence: BalancerPresence
    package let lastSeenAge: Duration

    package init(presence: BalancerPresence, lastSeenAge: Duration) {
        self.presence = presence
        self.lastSeenAge = lastSeenAge
    }
}

/// How long the list of balancers remembers one that was not seen.
package enum PresenceLimits {
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

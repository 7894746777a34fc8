package import ClusterCore

package enum LeaseAnswer: Sendable, Equatable {
    /// Ours for the full TTL from the moment the database answered. `isNew`: not held by us just before; then in a new
    /// epoch.
    case held(Lease, isNew: Bool)
    case heldByOther(BalancerID, epoch: Int64, expiresIn: Duration)
}

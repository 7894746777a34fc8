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

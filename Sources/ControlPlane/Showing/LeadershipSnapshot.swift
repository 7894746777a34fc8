package import ClusterCore
package import ClusterStore

/// Who leads, as one balancer knows it.
package struct LeadershipSnapshot: Sendable {
    /// Nil while nobody is known to lead.
    package var leader: BalancerID?
    /// Nil while nobody is known to lead.
    package var epoch: Int64?
    /// Until the lease ends, as of the last answer.
    package var expiresIn: Duration?
    /// Whether this balancer surely holds the lease: false as soon as it ran out, although `leader` names it still.
    package var isSelf: Bool
    /// As last read; empty before the first announcement.
    package var balancers: [BalancerRecord]

    package init(
        leader: BalancerID?, epoch: Int64?, expiresIn: Duration?, isSelf: Bool, balancers: [BalancerRecord]
    ) {
        self.leader = leader
        self.epoch = epoch
        self.expiresIn = expiresIn
        self.isSelf = isSelf
        self.balancers = balancers
    }

    /// The same some time later: nobody leads on a lease that ran out.
    func aged(by span: Duration) -> LeadershipSnapshot {
        guard let expiresIn else { return self }
        var later = self
        later.expiresIn = max(expiresIn - span, .zero)
        later.isSelf = isSelf && expiresIn > span
        return later
    }
}

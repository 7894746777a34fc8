package import ClusterCore
package import ClusterStore

/// What this balancer knows of the leader lease, and when it asks again. It never believes in its own lease longer than
/// the database would: the TTL is counted from *before* the question was sent. The fencing epoch protects the tables
/// even if this belief were wrong.
package struct LeaderStateMachine: Sendable {
    /// What became of this balancer's lead.
    package enum Change: Sendable, Equatable {
        case none
        case elected(Lease)
        /// Another balancer took over, or a statement told us that the lease is not ours.
        case deposed
        /// The database did not renew in time.
        case expired(Lease)
    }

    private enum Belief: Sendable {
        case nothing
        case leading(Lease, until: ContinuousClock.Instant)
        case following(BalancerID, epoch: Int64, until: ContinuousClock.Instant)
    }

    /// A follower asks this much after the lease's end, so that its question does not come a moment too early.
    package static let takeoverMargin: Duration = .milliseconds(100)

    private let ttl: Duration
    private let renewal: Duration
    private var belief = Belief.nothing
    private var nextAsk: ContinuousClock.Instant?

    /// - Parameters:
    ///   - ttl: what is asked for with each question.
    ///   - renewal: from one question to the next, while nothing is due sooner.
    package init(ttl: Duration, renewal: Duration) {
        self.ttl = ttl
        self.renewal = renewal
    }

    /// Whether the lease should be asked for now: before the first answer, once it was lost, at each renewal, and a moment after
    /// another's ends.
    package func isDue(now: ContinuousClock.Instant) -> Bool { nextAsk.map { now >= $0 } ?? true }

    /// The lease, while it surely is ours.
    package func lease(now: ContinuousClock.Instant) -> Lease? {
        switch belief {
        case .leading(let lease, let until): now < until ? lease : nil
        case .nothing, .following: nil
        }
    }

    /// - Parameters:
    ///   - askedAt: before the question was sent.
    ///   - now: when the answer came.
    package mutating func answered(
        _ answer: LeaseAnswer, askedAt: ContinuousClock.Instant, now: ContinuousClock.Instant
    ) -> Change {
        switch answer {
        case .held(let lease, let isNew):
            let held = self.lease(now: now)
            belief = .leading(lease, until: askedAt + ttl)
            nextAsk = askedAt + renewal
            return isNew || held != lease ? .elected(lease) : .none
        case .heldByOther(let holder, let epoch, let expiresIn):
            let wasLeading = isLeading
            belief = .following(holder, epoch: epoch, until: now + expiresIn)
            nextAsk = now + min(renewal, max(expiresIn, .zero) + LeaderStateMachine.takeoverMargin)
            return wasLeading ? .deposed : .none
        }
    }

    private var isLeading: Bool {
        switch belief {
        case .leading: true
        case .nothing, .following: false
        }
    }

    /// A statement under our lease was refused: somebody else leads.
    package mutating func lost() -> Change {
        let wasLeading = isLeading
        belief = .nothing
        nextAsk = nil
        return wasLeading ? .deposed : .none
    }

    /// Time passed without an answer.
    package mutating func elapsed(now: ContinuousClock.Instant) -> Change {
        switch belief {
        case .leading(let lease, let until):
            guard now >= until else { return .none }
            belief = .nothing
            nextAsk = nil
            return .expired(lease)
        case .nothing, .following:
            return .none
        }
    }

    /// - Parameter balancers: as last read.
    package func snapshot(
        myself: BalancerID, balancers: [BalancerRecord], now: ContinuousClock.Instant
    ) -> LeadershipSnapshot {
        switch belief {
        case .nothing:
            LeadershipSnapshot(leader: nil, epoch: nil, expiresIn: nil, isSelf: false, balancers: balancers)
        case .leading(let lease, let until):
            LeadershipSnapshot(
                leader: myself, epoch: lease.epoch, expiresIn: max(until - now, .zero), isSelf: now < until,
                balancers: balancers)
        case .following(let holder, let epoch, let until):
            LeadershipSnapshot(
                leader: holder, epoch: epoch, expiresIn: max(until - now, .zero), isSelf: false, balancers: balancers)
        }
    }
}

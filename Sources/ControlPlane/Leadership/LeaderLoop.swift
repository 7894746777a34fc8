import ClusterCore
import ClusterStore
import Logging

/// Takes, renews and gives back the leader lease, and says so once per change.
actor LeaderLoop {
    private let store: any ControlStore
    private let clock: ControlClock
    private let logger: Logger
    private let myself: BalancerID
    private let ttl: Duration
    private var machine: LeaderStateMachine

    init(
        store: any ControlStore, configuration: ControlPlaneConfiguration, myself: BalancerID, clock: ControlClock,
        logger: Logger
    ) {
        self.store = store
        self.clock = clock
        self.logger = logger
        self.myself = myself
        ttl = configuration.leaseTTL
        machine = LeaderStateMachine(ttl: configuration.leaseTTL, renewal: configuration.leaseRenewal)
    }

    /// The lease, while it surely is ours.
    var lease: Lease? { machine.lease(now: clock.now()) }

    /// Whether it is time to ask.
    var isDue: Bool { machine.isDue(now: clock.now()) }

    /// Asks when it is time to.
    /// - Returns: the lease when this balancer was elected just now.
    func renewIfDue() async throws(StoreError) -> Lease? {
        guard machine.isDue(now: clock.now()) else { return nil }
        let askedAt = clock.now()
        let answer = try await store.acquireLease(holder: myself, ttl: ttl)
        let change = machine.answered(answer, askedAt: askedAt, now: clock.now())
        report(change)
        switch change {
        case .elected(let lease): return lease
        case .none, .deposed, .expired: return nil
        }
    }

    /// A store call failed: the lease may be lost, or run out while the database is away.
    func failed(_ error: StoreError) {
        switch error {
        case .leaseLost: report(machine.lost())
        case .unavailable, .deadlineExceeded, .contended, .notPermitted, .schemaMissing, .refused:
            report(machine.elapsed(now: clock.now()))
        }
    }

    /// Gives the lease back, so that a successor need not wait for its end.
    func release() async {
        guard let lease else { return }
        report(machine.lost())
        do {
            try await store.releaseLease(lease)
        } catch {
            logger.info(
                "the leader lease could not be given back; it expires by itself",
                metadata: ["epoch": "\(lease.epoch)", "error": "\(error)"])
        }
    }

    func view(balancers: [BalancerRecord]) -> LeadershipView {
        machine.view(myself: myself, balancers: balancers, now: clock.now())
    }

    private func report(_ change: LeaderStateMachine.Change) {
        switch change {
        case .none: break
        case .elected(let lease):
            logger.notice(
                "this balancer leads: it moves monitors and speaks for silent nodes",
                metadata: ["epoch": "\(lease.epoch)"])
        case .deposed:
            logger.notice("this balancer does not lead any more; it goes on routing")
        case .expired(let lease):
            logger.warning(
                "the leader lease ran out because the database did not answer; monitors stay where they are",
                metadata: ["epoch": "\(lease.epoch)"])
        }
    }
}

import ClusterCore
import ClusterStore
import Logging

/// Reads the tables: nodes, set-up state and fingerprint each time, the full assignment map only when the fingerprint
/// changed.
actor TablePoller {
    private let store: any ControlStore
    private let clock: ControlClock
    private let logger: Logger
    private var snapshot: ClusterSnapshot?
    private var fingerprint: AssignmentFingerprint?
    private var rejectedRows: [String] = []
    private var surplus = 0
    private var databaseClock = DatabaseClockWatch()

    init(store: any ControlStore, clock: ControlClock, logger: Logger) {
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// The next poll reads the whole map: we wrote to it, or a person asked.
    func expireAssignments() { fingerprint = nil }

    func poll() async throws(StoreError) -> ClusterSnapshot {
        let asked = clock.now()
        let poll = try await store.poll()
        let readAt = clock.now()
        let step = databaseClock.observe(poll.time, asked: asked, answered: readAt)
        noteRejected(poll.rejectedRows)
        noteSurplus(poll.nodes.count - RoutingLimits.nodes)
        let nodes = TablePoller.ascending(poll.nodes)
        var next: ClusterSnapshot
        if let snapshot, fingerprint == poll.fingerprint {
            next = snapshot
            next.nodes = nodes
            next.isSetUp = poll.isSetUp
            next.readAt = readAt
            next.orphans = poll.rejectedRows.isEmpty ? .rescue : .leave
        } else {
            let assignments = try await store.assignments()
            next = ClusterSnapshot(
                nodes: nodes, isSetUp: poll.isSetUp, assignments: assignments, readAt: readAt)
            fingerprint = poll.fingerprint
        }
        next.orders = poll.orders
        next.clockStep = step
        snapshot = next
        return next
    }

    private func noteRejected(_ rows: [String]) {
        guard rows != rejectedRows else { return }
        rejectedRows = rows
        for row in rows.prefix(10) {
            logger.warning("a row of the node table cannot be used; correct it", metadata: ["row": "\(row)"])
        }
    }

    private func noteSurplus(_ count: Int) {
        defer { surplus = count }
        guard count > 0, count != surplus else { return }
        logger.warning(
            "there are more nodes than a routing table holds; the last ones by id get no connections",
            metadata: ["limit": "\(RoutingLimits.nodes)", "surplus": "\(count)"])
    }

    /// The database sorts by its own collation, which need not be ours.
    private static func ascending(_ nodes: [NodeRecord]) -> [NodeRecord] {
        zip(nodes, nodes.dropFirst()).allSatisfy { $0.id < $1.id } ? nodes : nodes.sorted { $0.id < $1.id }
    }
}

import ClusterCore
import ClusterStore
import Logging

/// Reads the tables: nodes, set-up state and fingerprint each time, the full assignment map only when the fingerprint
/// changed.
actor TablePoller {
    private let store: any ControlStore
    private let clock: ControlClock
    private let logger: Logger
    private var picture: ClusterPicture?
    private var fingerprint: AssignmentFingerprint?
    private var rejectedRows: [String] = []

    init(store: any ControlStore, clock: ControlClock, logger: Logger) {
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// The next poll reads the whole map: we wrote to it, or a person asked.
    func expireAssignments() { fingerprint = nil }

    func poll() async throws(StoreError) -> ClusterPicture {
        let poll = try await store.poll()
        let readAt = clock.now()
        noteRejected(poll.rejectedRows)
        var next: ClusterPicture
        if let picture, fingerprint == poll.fingerprint {
            next = picture
            next.nodes = poll.nodes
            next.isSetUp = poll.isSetUp
            next.readAt = readAt
            next.orphans = poll.rejectedRows.isEmpty ? .rescue : .leave
        } else {
            let assignments = try await store.assignments()
            next = ClusterPicture(
                nodes: poll.nodes, isSetUp: poll.isSetUp, assignments: assignments, readAt: readAt)
            fingerprint = poll.fingerprint
        }
        picture = next
        return next
    }

    private func noteRejected(_ rows: [String]) {
        guard rows != rejectedRows else { return }
        rejectedRows = rows
        for row in rows.prefix(10) {
            logger.warning("a row of the node table cannot be used; correct it", metadata: ["row": "\(row)"])
        }
    }
}

import ClusterCore
import ClusterStore

/// Makes a snapshot of what a poll brings: nodes, set-up state and fingerprint each time, the full assignment map only when
/// the fingerprint changed.
struct TableReader: Sendable {
    /// Of the rows in which a poll finds the same fault, so many are logged: a thousand nodes may share it.
    static let loggedRows = 10

    enum Step: Sendable {
        case whole(ClusterSnapshot)
        /// The assignments changed: they are to be read as well.
        case readAssignments
    }

    /// A poll that waits for its assignments.
    private struct Begun: Sendable {
        let answer: PollAnswer
        let readAt: ContinuousClock.Instant
    }

    private var snapshot: ClusterSnapshot?
    private var fingerprint: AssignmentFingerprint?
    private var begun: Begun?
    private var rejectedRows: [String] = []
    /// The nodes whose admin state is a word of a later version, with that word.
    private var unknownStates: [NodeID: String] = [:]
    private var surplus = 0
    private var databaseClock = DatabaseClockWatch()
    /// By how much the database's clock moved against ours between the last two polls, when that is worth reporting.
    private(set) var clockStep: Duration?

    /// The next poll reads the whole map: we wrote to it, or a person asked.
    mutating func expireAssignments() { fingerprint = nil }

    /// - Parameter asked: before the question was sent.
    mutating func polled(
        _ answer: PollAnswer, asked: ContinuousClock.Instant, now: ContinuousClock.Instant,
        _ effects: inout [PassEffect]
    ) -> Step {
        clockStep = databaseClock.observe(answer.time, asked: asked, answered: now)
        noteRejected(answer.rejectedRows, &effects)
        noteUnknownStates(answer.nodes, &effects)
        noteSurplus(answer.nodes.count - RoutingLimits.nodes, &effects)
        guard var next = snapshot, fingerprint == answer.fingerprint else {
            begun = Begun(answer: answer, readAt: now)
            return .readAssignments
        }
        next.nodes = TableReader.ascending(answer.nodes)
        next.isSetUp = answer.isSetUp
        next.readAt = now
        next.orphans = answer.rejectedRows.isEmpty ? .rescue : .leave
        next.orders = answer.orders
        snapshot = next
        return .whole(next)
    }

    /// - Returns: nil when no poll waits for them.
    mutating func read(_ assignments: [MonitorAssignment]) -> ClusterSnapshot? {
        guard let begun else { return nil }
        self.begun = nil
        var next = ClusterSnapshot(
            nodes: TableReader.ascending(begun.answer.nodes), isSetUp: begun.answer.isSetUp, assignments: assignments,
            readAt: begun.readAt)
        next.orders = begun.answer.orders
        fingerprint = begun.answer.fingerprint
        snapshot = next
        return next
    }

    private mutating func noteRejected(_ rows: [String], _ effects: inout [PassEffect]) {
        guard rows != rejectedRows else { return }
        rejectedRows = rows
        for row in rows.prefix(TableReader.loggedRows) {
            effects.log(.warning, "a row of the node table cannot be used; correct it", ["row": row])
        }
    }

    private mutating func noteUnknownStates(_ nodes: [NodeRecord], _ effects: inout [PassEffect]) {
        var next: [NodeID: String] = [:]
        var logged = 0
        for node in nodes {
            guard case .unknown(let word) = node.adminState else { continue }
            next[node.id] = word
            guard unknownStates[node.id] != word, logged < TableReader.loggedRows else { continue }
            logged += 1
            effects.log(
                .warning,
                "a node's admin state is a word of a later version; until a person gives it another, it is left alone",
                ["node": node.id.text, "admin_state": word])
        }
        unknownStates = next
    }

    private mutating func noteSurplus(_ count: Int, _ effects: inout [PassEffect]) {
        defer { surplus = count }
        guard count > 0, count != surplus else { return }
        effects.log(
            .warning, "there are more nodes than a routing table holds; the last ones by id get no connections",
            ["limit": "\(RoutingLimits.nodes)", "surplus": "\(count)"])
    }

    /// The database sorts by its own collation, which need not be ours.
    private static func ascending(_ nodes: [NodeRecord]) -> [NodeRecord] {
        zip(nodes, nodes.dropFirst()).allSatisfy { $0.id < $1.id } ? nodes : nodes.sorted { $0.id < $1.id }
    }
}

package import ClusterCore
package import ClusterStore

/// What the last good poll read, whole, and when. Ages in it are as of `readAt`.
package struct ClusterSnapshot: Sendable {
    package enum Source: Sendable, Equatable {
        /// Of a poll of this run.
        case database
        /// Of an earlier run of this balancer: good enough to route by, never to act upon.
        case stateFile
    }

    package let source: Source
    /// Ascending by node id.
    package var nodes: [NodeRecord]
    /// Whether Kuma's `user` table had a row: else everything goes to the primary node.
    package var isSetUp: Bool
    /// Ascending by monitor id.
    package private(set) var assignments: [MonitorAssignment]
    /// Of `assignments`, and in step with them; nothing but zeros where they are from a state file.
    package private(set) var census: AssignmentCensus
    /// Who runs which monitor, as the request path looks it up.
    package private(set) var monitors: MonitorIndex
    /// The end of the poll: the true age of a report is never less than what is computed from it.
    package var readAt: ContinuousClock.Instant
    /// Whether the nodes were read after the assignments and without loss, so that a node that is not among them does
    /// not exist.
    package var orphans: FailoverPlan.OrphanRule

    /// What people have asked of whoever leads.
    package var orders = StandingOrders()

    /// A person's recount that is newer than the poll.
    package var recounts: [NodeID: Int] = [:]

    /// Counts the assignments in one walk (`AssignmentSurvey`).
    /// - Parameter assignments: ascending by id; none where they are from a state file.
    package init(
        source: Source = .database, nodes: [NodeRecord], isSetUp: Bool, assignments: [MonitorAssignment],
        readAt: ContinuousClock.Instant,
        orphans: FailoverPlan.OrphanRule = .leave
    ) {
        self.source = source
        self.nodes = nodes
        self.isSetUp = isSetUp
        self.assignments = assignments
        let survey = AssignmentSurvey(of: assignments)
        self.census = AssignmentCensus(survey)
        self.monitors = MonitorIndex(survey)
        self.readAt = readAt
        self.orphans = orphans
    }

    /// The nodes with their ages as of `now`.
    package func nodes(asOf now: ContinuousClock.Instant) -> [NodeRecord] {
        let span = max(now - readAt, .zero)
        return nodes.map { $0.aged(by: span) }
    }

    /// Active monitors that the node effectively runs.
    package func monitorCount(of node: NodeRecord) -> Int {
        switch source {
        case .database: recounts[node.id] ?? census[node.id].effective
        case .stateFile: node.monitorCount
        }
    }

    /// Takes over that monitors got another home, as above.
    package mutating func rehome(_ homes: [MonitorID: NodeReference]) {
        guard !homes.isEmpty else { return }
        var next = assignments
        for index in next.indices {
            guard let home = homes[next[index].id] else { continue }
            next[index].home = home
            next[index].assigned = nil
        }
        adopt(next)
    }

    /// Takes over what was just written, so that the next decision does not wait for the next reading.
    package mutating func reassign(_ changes: [MonitorID: NodeReference?]) {
        guard !changes.isEmpty else { return }
        var next = assignments
        for index in next.indices {
            if let assigned = changes[next[index].id] { next[index].assigned = assigned }
        }
        adopt(next)
    }

    private mutating func adopt(_ next: [MonitorAssignment]) {
        assignments = next
        let survey = AssignmentSurvey(of: next)
        census = AssignmentCensus(survey)
        monitors = MonitorIndex(survey)
    }
}

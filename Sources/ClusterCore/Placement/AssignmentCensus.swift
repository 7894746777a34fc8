/// How many active monitors each node carries, by the assignments themselves and not by the nodes' own reports.
package struct AssignmentCensus: Sendable, Equatable {
    /// The active monitors of one node.
    package struct Count: Sendable, Equatable {
        /// It runs them.
        package var effective = 0
        /// They live there, wherever they run now.
        package var home = 0
        /// It runs them, and their home is another node.
        package var visiting = 0

        package init() {}
    }

    /// By what the columns say, names of no node included.
    package private(set) var counts: [NodeReference: Count] = [:]
    /// Active monitors with neither home nor assignment ("NA").
    package private(set) var unassigned = 0

    /// - Parameter assignments: ascending by id.
    package init(of assignments: [MonitorAssignment]) { self.init(AssignmentSurvey(of: assignments)) }

    /// Of a walk that was made already.
    package init(_ survey: AssignmentSurvey) {
        unassigned = survey.unassigned
        for place in survey.places where place.count != Count() { counts[place.reference] = place.count }
    }

    /// Nothing but zeros for a node that no active monitor names.
    package subscript(node: NodeID) -> Count { counts[NodeReference(node)] ?? Count() }

    /// Active monitors whose effective node is none of `nodes`.
    package func orphaned(besides nodes: [NodeID]) -> Int {
        let known = Set(nodes.map { NodeReference($0) })
        return counts.reduce(0) { known.contains($1.key) ? $0 : $0 + $1.value.effective }
    }
}

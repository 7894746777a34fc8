/// Nodes that are silent and whose silence nobody may judge yet: nobody knows whether they still live. They keep their
/// monitors; others come to them only where no other node is left.
package struct UnjudgedNodes: Sendable, Equatable {
    /// What becomes of monitors that nobody runs and that only such nodes could take.
    package enum LastResort: Sendable, Equatable {
        /// Those who live had the time to say so: perhaps run there beats not run.
        case take
        /// Others may speak at any moment: until then nothing moves.
        case wait
    }

    package let nodes: Set<NodeReference>
    package let lastResort: LastResort

    /// There are none: whoever is silent may be judged.
    package static let none = UnjudgedNodes([], lastResort: .take)

    package init(_ nodes: Set<NodeReference>, lastResort: LastResort) {
        self.nodes = nodes
        self.lastResort = lastResort
    }
}

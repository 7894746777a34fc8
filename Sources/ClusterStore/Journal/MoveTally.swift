package import ClusterCore

/// Counts moves for one readable line a node: "7 monitors moved from node2: 4 to node1, 3 to node3".
package struct MoveTally: Sendable {
    /// Receivers named in one line; the rest are counted.
    static let named = 8

    private var counts: [NodeReference: [NodeReference: Int]] = [:]

    package init() {}

    package mutating func add(from: NodeReference, to: NodeReference) {
        counts[from, default: [:]][to, default: 0] += 1
    }

    /// One line for each node that monitors came from, in the order of the names.
    /// - Parameter verb: what was done to them, such as `moved` or `returned`.
    package func lines(verb: String) -> [(node: NodeReference, line: String)] {
        counts.sorted { $0.key.text < $1.key.text }.map { from, receivers in
            let sorted = receivers.sorted { $0.key.text < $1.key.text }
            let total = sorted.reduce(0) { $0 + $1.value }
            var parts = sorted.prefix(MoveTally.named).map { "\($0.value) to \($0.key)" }
            if sorted.count > MoveTally.named { parts.append("the rest to \(sorted.count - MoveTally.named) others") }
            let name = from.text.isEmpty ? "a node without a name" : from.text
            let noun = total == 1 ? "1 monitor" : "\(total) monitors"
            return (from, "\(noun) \(verb) from \(name): \(parts.joined(separator: ", "))")
        }
    }

    /// One event a node, as the history has them.
    package func events(_ kind: ClusterEvent.Kind, verb: String) -> [ClusterEvent] {
        lines(verb: verb).map { ClusterEvent(kind, node: $0.node.nodeID, detail: $0.line) }
    }
}

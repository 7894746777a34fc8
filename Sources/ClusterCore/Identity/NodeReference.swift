/// What a monitor's `node_id` or `assigned_node` says: a text that should name a node, but whose node may be deleted or
/// never have existed (KUMA.md: `assigned_node = ''` happens). Kept as it stands, so that it can be restored exactly.
package struct NodeReference: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(text: String) { self.text = text }
    package init(_ id: NodeID) { text = id.text }

    /// The node id it spells, or nil where no node could have such an id.
    package var nodeID: NodeID? { try? NodeID(text) }

    package var description: String { text }
}

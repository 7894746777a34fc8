/// What a monitor's `node_id` or `assigned_node` says: a text that should name a node, but whose node may be deleted or
/// never have existed (<doc:FactsAboutKuma>: `assigned_node = ''` happens). Kept as it stands, so that it can be restored
/// exactly.
///
/// Two references are equal when Kuma's own queries find the same node by them: its columns are compared without regard
/// to case or trailing spaces (MariaDB's default collations), so a person's `Node2` is run by `node2` and is no orphan.
package struct NodeReference: Hashable, Sendable, CustomStringConvertible {
    /// As the column holds it, case and trailing spaces included; may be empty.
    package let text: String

    package init(text: String) { self.text = text }
    package init(_ id: NodeID) { text = id.text }

    /// The node id it spells, or nil where no node could have such an id.
    package var nodeID: NodeID? { try? NodeID(text) }

    package static func == (left: NodeReference, right: NodeReference) -> Bool {
        left.text == right.text || left.significant.elementsEqual(right.significant, by: { fold($0) == fold($1) })
    }

    package func hash(into hasher: inout Hasher) {
        // FNV-1a first: one combination a text instead of one a byte, with 100 000 monitors to count.
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in significant { digest = (digest ^ UInt64(NodeReference.fold(byte))) &* 0x100_0000_01b3 }
        hasher.combine(digest)
    }

    /// Without trailing spaces.
    private var significant: Substring.UTF8View {
        var bytes = text[...].utf8
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return bytes
    }

    /// Node ids are ASCII: other letters need no folding.
    private static func fold(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    package var description: String { text }
}

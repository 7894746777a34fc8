/// Names one Kuma node: the primary key of the `node` table and the value of the pin cookie.
///
/// Any text of `[A-Za-z0-9._-]{1,50}` is a node id; `node1` is a habit, not a rule.
package struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The column's width (`node_id varchar(50)`) and the longest pin cookie that is looked at.
    package static let maximumBytes = 50

    /// The rule as a regular expression, for JSON Schema.
    package static let pattern = "^[A-Za-z0-9._-]{1,\(maximumBytes)}$"
    /// The rule in words, for messages.
    package static let rule = "1 to \(maximumBytes) of the characters A-Z a-z 0-9 . _ -"

    /// Obeys `rule`.
    package let text: String

    /// - Throws: `InvalidNodeID` when `text` is empty, too long or has another character.
    package init(_ text: String) throws(InvalidNodeID) {
        guard NodeID.isValid(text.utf8) else { throw InvalidNodeID(text: text) }
        self.text = text
    }

    /// Whether the bytes spell a node id.
    package static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.count <= maximumBytes && bytes.allSatisfy(isAllowed)
    }

    /// The same, asked of a request's bytes, which never become a `String`.
    ///
    /// SAFETY: reads within the buffer's bounds, during the call only.
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !bytes.isEmpty, bytes.count <= maximumBytes else { return false }
        for byte in bytes where !isAllowed(byte) { return false }
        return true
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        case _: false
        }
    }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.text < right.text }

    package var description: String { text }
}

/// A text that was meant to be a node id and is none.
package struct InvalidNodeID: Error, Equatable, CustomStringConvertible {
    /// As it was given.
    package let text: String

    package var description: String {
        "\"\(text)\" is not a node id: use \(NodeID.rule)"
    }
}

package import ClusterCore

/// A `node` row that cannot be understood; its text is the line a person reads.
package struct RejectedRow: Error, CustomStringConvertible {
    /// Names the id or the column's word as it stands, for whoever is to correct the row.
    package let description: String

    /// Turns the two columns that Kuma and people fill into types.
    package static func check(id: String, status: String) throws(RejectedRow) -> (NodeID, NodeStatus) {
        let nodeID: NodeID
        do { nodeID = try NodeID(id) } catch { throw RejectedRow(description: "\(error)") }
        do { return (nodeID, try NodeStatus(column: status, of: nodeID)) } catch {
            throw RejectedRow(description: "\(error)")
        }
    }

    /// Turns what agents say into a type; nil where none has said anything yet.
    static func check(health: String?, of node: NodeID) throws(RejectedRow) -> AgentHealth? {
        guard let health else { return nil }
        guard let known = AgentHealth(rawValue: health) else {
            throw RejectedRow(description: "node \(node) has agent_health \"\(health)\"")
        }
        return known
    }
}

package import ClusterCore

/// A `node` row that cannot be understood; its text is the line a person reads.
package struct RejectedRow: Error, CustomStringConvertible {
    package let description: String

    /// Turns the two columns that Kuma and people fill into types.
    package static func check(id: String, status: String) throws(RejectedRow) -> (NodeID, NodeStatus) {
        let nodeID: NodeID
        do { nodeID = try NodeID(id) } catch { throw RejectedRow(description: "\(error)") }
        do { return (nodeID, try NodeStatus(column: status, of: nodeID)) } catch {
            throw RejectedRow(description: "\(error)")
        }
    }

    /// Turns the two columns that only we write into types.
    package static func check(
        adminState: String, health: String?, of node: NodeID
    ) throws(RejectedRow) -> (AdminState, AgentHealth?) {
        guard let state = AdminState(rawValue: adminState) else {
            throw RejectedRow(description: "node \(node) has admin_state \"\(adminState)\"")
        }
        guard let health else { return (state, nil) }
        guard let known = AgentHealth(rawValue: health) else {
            throw RejectedRow(description: "node \(node) has agent_health \"\(health)\"")
        }
        return (state, known)
    }
}

/// How the stream shows one event of the cluster's history.
package enum EventText {
    /// `node offline (node2): …`; without the brackets where no node is meant.
    package static func line(_ event: DemoDatabase.Event) -> String {
        let kind = event.kind.replacing("_", with: " ")
        guard let node = event.node else { return "\(kind): \(event.detail)" }
        return "\(kind) (\(node)): \(event.detail)"
    }

    /// Bad news in red, good news in green; kinds nobody knows are plain.
    package static func tone(ofKind kind: String) -> Console.Tone {
        switch kind {
        case "node_offline", "agent_silent", "agent_conflict", "over_capacity": .bad
        case "node_online", "agent_returned", "monitors_returned", "database_returned": .good
        case "node_registered", "leader_elected": .quiet
        case _: .plain
        }
    }
}

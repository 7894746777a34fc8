package import ClusterCore
import Synchronization

/// One moment of a running agent, for those who look at it from outside.
package struct AgentFacts: Sendable, Equatable {
    package let node: NodeID
    package let version: String
    /// What this agent believes; `recovering` until three probes have proved more.
    package let status: NodeStatus
    /// Nil before the first probe ended.
    package let lastProbe: ProbeResult?
    /// Whether the database took the last beat, so that this agent speaks for the node.
    package let isReporting: Bool
    package let ledger: AgentLedger

    package init(
        node: NodeID, version: String, status: NodeStatus, lastProbe: ProbeResult?, isReporting: Bool,
        ledger: AgentLedger
    ) {
        self.node = node
        self.version = version
        self.status = status
        self.lastProbe = lastProbe
        self.isReporting = isReporting
        self.ledger = ledger
    }

    /// One line for people: `node1 online (answered 200 in 2 ms); reporting`.
    package var summary: String {
        let found = lastProbe.map { " (\($0.detail))" } ?? ""
        return "\(node) \(status.rawValue)\(found); \(isReporting ? "reporting" : "not heard by the database")"
    }
}

extension AgentService {
    /// Never waits.
    package var facts: AgentFacts {
        let (status, last) = shared.judgement.withLock { ($0.status, $0.last) }
        return AgentFacts(
            node: configuration.node, version: configuration.version, status: status, lastProbe: last,
            isReporting: shared.voice.withLock { $0.speaks(now: .now) }, ledger: shared.ledger.withLock { $0 })
    }
}

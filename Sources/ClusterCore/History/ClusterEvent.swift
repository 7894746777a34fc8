/// Something that happened to the cluster and that a person may want to read later: one row of `cluster_event`.
package struct ClusterEvent: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case nodeRegistered = "node_registered"
        case hostChanged = "host_changed"
        case nodeOnline = "node_online"
        case nodeRecovering = "node_recovering"
        case nodeOffline = "node_offline"
        case nodeDegraded = "node_degraded"
        case agentSilent = "agent_silent"
        case agentReturned = "agent_returned"
        case agentConflict = "agent_conflict"
        case adminStateChanged = "admin_state_changed"
        case leaderElected = "leader_elected"
        case monitorsMoved = "monitors_moved"
        case monitorsReturned = "monitors_returned"
        case overCapacity = "over_capacity"
        case automationPaused = "automation_paused"
        case automationResumed = "automation_resumed"
        case databaseReturned = "database_returned"
        case rebalanceStarted = "rebalance_started"
        case rebalanceFinished = "rebalance_finished"
        case rebalanceCancelled = "rebalance_cancelled"
        case rebalanceFailed = "rebalance_failed"
    }

    package let kind: Kind
    package let node: NodeID?
    /// One readable line, at most `TextLimits.eventDetail` scalars.
    package let detail: String

    package init(_ kind: Kind, node: NodeID? = nil, detail: String) {
        self.kind = kind
        self.node = node
        self.detail = TextLimits.cut(detail, to: TextLimits.eventDetail)
    }
}

extension ClusterEvent {
    /// How many monitors it is about: what its line begins with. 0 for an event about none.
    package var monitorCount: Int {
        switch kind {
        case .monitorsMoved, .monitorsReturned:
            Int(detail.prefix { $0.isASCII && $0.isNumber }) ?? 0
        case .nodeRegistered, .hostChanged, .nodeOnline, .nodeRecovering, .nodeOffline, .nodeDegraded, .agentSilent,
            .agentReturned, .agentConflict, .adminStateChanged, .leaderElected, .overCapacity, .automationPaused,
            .automationResumed,
            .databaseReturned, .rebalanceStarted, .rebalanceFinished, .rebalanceCancelled, .rebalanceFailed:
            0
        }
    }
}

/// An event as the history holds it.
package struct RecordedEvent: Sendable, Equatable {
    package let id: Int64
    /// ISO-8601 UTC with milliseconds, by the database's clock.
    package let at: String
    package let event: ClusterEvent

    package init(id: Int64, at: String, event: ClusterEvent) {
        self.id = id
        self.at = at
        self.event = event
    }
}

/// Something that happened to the cluster and that a person may want to read later: one row of `cluster_event`.
package struct ClusterEvent: Sendable, Equatable {
    /// The `kind` column, and the words that `/lb/` shows. A version that does not know one passes over the event. What the
    /// nodes' rows show is written by the leader alone, so that it is there once; the rest by whoever did it.
    package enum Kind: String, Sendable, CaseIterable {
        /// By its agent, which has made the node's row.
        case nodeRegistered = "node_registered"
        /// By its agent: `NODE_HOST` has replaced what the row said.
        case hostChanged = "host_changed"
        case nodeOnline = "node_online"
        /// It answers again, and not yet often enough.
        case nodeRecovering = "node_recovering"
        case nodeOffline = "node_offline"
        /// Its agent found it degraded (`ProbeResult.Finding`), and did not before.
        case nodeDegraded = "node_degraded"
        /// The leader speaks for the node from now on.
        case agentSilent = "agent_silent"
        case agentReturned = "agent_returned"
        /// By an agent: another one that is alive reports for its node.
        case agentConflict = "agent_conflict"
        /// By the balancer, or the `kuma-agent` command, that took a person's request.
        case adminStateChanged = "admin_state_changed"
        /// By the new leader; none when the one that led last leads on.
        case leaderElected = "leader_elected"
        /// Of failover and maintenance: in the transaction that moves them, one for each node that they leave.
        case monitorsMoved = "monitors_moved"
        /// The same of returns: the node is the one that they leave.
        case monitorsReturned = "monitors_returned"
        /// It came to run more monitors than `MONITOR_LIMIT_PER_NODE`.
        case overCapacity = "over_capacity"
        /// By the balancer that took a person's request.
        case automationPaused = "automation_paused"
        /// The same, or by the leader when the pause's time was over.
        case automationResumed = "automation_resumed"
        /// After so long an absence that nobody's silence meant anything.
        case databaseReturned = "database_returned"
        case rebalanceStarted = "rebalance_started"
        case rebalanceFinished = "rebalance_finished"
        case rebalanceCancelled = "rebalance_cancelled"
        case rebalanceFailed = "rebalance_failed"
    }

    package let kind: Kind
    /// Nil for an event about the cluster, and where monitors left a name that no node can have; a deleted node is named.
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
    /// The history's key. Events of several balancers may come to sight in another order than that of their ids.
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

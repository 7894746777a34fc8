package import ClusterCore

/// One beat of an agent.
package struct AgentReport: Sendable, Equatable {
    /// A row on which another instance reported more recently than this belongs to a live agent.
    package static let ownershipTTL: Duration = .seconds(8)

    package let node: NodeID
    /// Kuma's display name, used when the row must be registered.
    package let name: String
    /// Used when the row must be registered, and to mend a NULL host.
    package let host: String
    /// Whether `host` also replaces what the row says.
    package let hostPrecedence: HostPrecedence
    /// Used when the row must be registered; one that stands keeps what it says.
    package let isPrimary: Bool
    /// This start of the agent: what tells it from another that reports for the same node.
    package let instance: AgentInstance
    /// The agent's own; not cut, the column holds 100 characters.
    package let version: String
    /// What the agent's judge believes, not what the last probe found.
    package let status: NodeStatus
    /// What the last probe found. `.detached` is written by `detach` alone.
    package let health: AgentHealth
    /// At most `TextLimits.nodeDetail` scalars; longer texts are cut.
    package let detail: String
    /// Probes in a row that succeeded, the last one included; 0 when that failed.
    package let okStreak: Int
    /// Probes in a row that failed, the last one included; 0 when that succeeded.
    package let failStreak: Int
    /// How long the last probe took; the row holds whole milliseconds.
    package let probeTime: Duration
    /// Between two beats, while nothing changes.
    package let interval: Duration

    package init(
        node: NodeID, name: String, host: String, isPrimary: Bool, instance: AgentInstance, version: String,
        status: NodeStatus, health: AgentHealth, detail: String, okStreak: Int, failStreak: Int, probeTime: Duration,
        interval: Duration, hostPrecedence: HostPrecedence = .row
    ) {
        self.node = node
        self.name = name
        self.host = host
        self.hostPrecedence = hostPrecedence
        self.isPrimary = isPrimary
        self.instance = instance
        self.version = version
        self.status = status
        self.health = health
        self.detail = TextLimits.cut(detail, to: TextLimits.nodeDetail)
        self.okStreak = okStreak
        self.failStreak = failStreak
        self.probeTime = probeTime
        self.interval = interval
    }
}

/// What became of a beat.
package enum ReportOutcome: Sendable, Equatable {
    /// The row stood and is this agent's.
    case written
    /// The row did not exist; it does now.
    case registered
    /// Another live agent reports for this node id; nothing was written.
    case conflict(with: AgentInstance, age: Duration)
}

/// What a beat brought.
package struct ReportAnswer: Sendable, Equatable {
    package let outcome: ReportOutcome
    /// Of the monitors that the node runs, as the beat counted them; nil when nothing was written or there are no monitors
    /// to count yet.
    package let mark: MonitorsMark?
    /// What the row's host was before this beat replaced it, empty for none; nil when it stands as it stood.
    package let replacedHost: String?

    package init(_ outcome: ReportOutcome, mark: MonitorsMark? = nil, replacedHost: String? = nil) {
        self.outcome = outcome
        self.mark = mark
        self.replacedHost = replacedHost
    }
}

/// What a balancer says of a silent node.
package struct SpokenStatus: Sendable, Equatable {
    package let node: NodeID
    /// What the balancer's own probes say of the node; `.offline` too where it has no address to be probed at.
    package let status: NodeStatus
    /// The balancer's probes that succeeded in a row; they replace what the agent counted.
    package let okStreak: Int
    /// The balancer's probes that failed in a row; `fall` for a node without an address.
    package let failStreak: Int
    /// At most `TextLimits.nodeDetail` scalars; longer texts are cut.
    package let detail: String
    /// `REPORT_TTL`: the silence that entitles the balancer to speak.
    package let silentFor: Duration

    package init(
        node: NodeID, status: NodeStatus, okStreak: Int, failStreak: Int, detail: String, silentFor: Duration
    ) {
        self.node = node
        self.status = status
        self.okStreak = okStreak
        self.failStreak = failStreak
        self.detail = TextLimits.cut(detail, to: TextLimits.nodeDetail)
        self.silentFor = silentFor
    }
}

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
    package let isPrimary: Bool
    package let instance: AgentInstance
    package let version: String
    package let status: NodeStatus
    package let health: AgentHealth
    /// At most `TextLimits.nodeDetail` scalars; longer texts are cut.
    package let detail: String
    package let okStreak: Int
    package let failStreak: Int
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

package enum ReportOutcome: Sendable, Equatable {
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
    package let status: NodeStatus
    package let okStreak: Int
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

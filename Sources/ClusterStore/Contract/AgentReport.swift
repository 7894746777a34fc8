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

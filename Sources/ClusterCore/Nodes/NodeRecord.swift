/// One row of the `node` table, as read at one moment. Every age was computed by the database (<doc:Tables>), so no two
/// machines' clocks are ever compared.
package struct NodeRecord: Sendable, Equatable {
    package var id: NodeID
    /// Kuma's display name.
    package var name: String
    /// The `host` column as it stands; nil, without a port, or unusable in rows a person made.
    package var host: String? {
        didSet { address = host.flatMap { try? NodeAddress(parsing: $0) } }
    }
    /// Where the node listens, or nil when `host` names nothing one could connect to. Read once, for it is asked for many
    /// times a second.
    package private(set) var address: NodeAddress?
    /// As the column stands. Kuma writes it too: whoever acts on it asks for `believedStatus`.
    package var status: NodeStatus
    /// Kuma's own mark: where first-time set-up belongs.
    package var isPrimary: Bool
    /// What a person decided; `.known(.active)` where nobody did.
    package var adminState: AdminWord
    /// Monitors the node effectively ran at its last report.
    package var monitorCount: Int
    /// What its agent found last, or that it went away; nil when none ever reported. It stays while the agent is silent.
    package var agentHealth: AgentHealth?
    /// One readable line: what the last probe found.
    package var agentDetail: String?
    /// Whose reports the row takes; nil when no agent ever reported. It stays when that one detaches.
    package var agentInstance: AgentInstance?
    /// Of the agent that reported last; nil when none ever did.
    package var agentVersion: String?
    /// Successes in a row of whoever speaks for the node: its agent, or the leader while it is silent.
    package var okStreak: Int
    /// Failures in a row, of the same.
    package var failStreak: Int
    /// How long the agent's last probe took.
    package var probeTime: Duration?
    /// Between two beats of its agent; nil: an agent that does not say, or none.
    package var agentInterval: Duration?
    /// Since the last report of the node's own agent; nil when none ever reported. What a balancer says of a silent
    /// node does not count, or it would end the silence that entitles it to speak.
    package var reportAge: Duration?
    /// Since `status` last changed by an agent or balancer; nil before the first change. It, and not `last_seen`, says
    /// what "stable" means.
    package var statusAge: Duration?
    /// `last_seen` as ISO-8601 UTC, for people only: Kuma writes it in local time (<doc:FactsAboutKuma>).
    package var lastSeen: String?

    package init(
        id: NodeID, name: String, host: String? = nil, status: NodeStatus = .online, isPrimary: Bool = false,
        adminState: AdminWord = .known(.active), monitorCount: Int = 0, agentHealth: AgentHealth? = nil,
        agentDetail: String? = nil, agentInstance: AgentInstance? = nil, agentVersion: String? = nil,
        okStreak: Int = 0, failStreak: Int = 0, probeTime: Duration? = nil, agentInterval: Duration? = nil,
        reportAge: Duration? = nil,
        statusAge: Duration? = nil, lastSeen: String? = nil
    ) {
        self.id = id
        self.name = name
        self.host = host
        address = host.flatMap { try? NodeAddress(parsing: $0) }
        self.status = status
        self.isPrimary = isPrimary
        self.adminState = adminState
        self.monitorCount = monitorCount
        self.agentHealth = agentHealth
        self.agentDetail = agentDetail
        self.agentInstance = agentInstance
        self.agentVersion = agentVersion
        self.okStreak = okStreak
        self.failStreak = failStreak
        self.probeTime = probeTime
        self.agentInterval = agentInterval
        self.reportAge = reportAge
        self.statusAge = statusAge
        self.lastSeen = lastSeen
    }
}

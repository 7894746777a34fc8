package import ClusterCore

/// What `prepareSchema` found and did.
package struct SchemaReport: Sendable, Equatable {
    /// Short names of what was added now; empty when everything was there.
    package let added: [String]
    /// Kuma's tables that do not exist yet; our columns on them are added by a later call.
    package let waitingForKuma: [String]

    package init(added: [String], waitingForKuma: [String]) {
        self.added = added
        self.waitingForKuma = waitingForKuma
    }
}

/// One beat of an agent.
package struct AgentReport: Sendable, Equatable {
    /// A row on which another instance reported more recently than this belongs to a live agent.
    package static let ownershipTTL: Duration = .seconds(8)

    package let node: NodeID
    /// Kuma's display name and `host`, used when the row must be registered, and to mend a NULL host.
    package let name: String
    package let host: String
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
        interval: Duration
    ) {
        self.node = node
        self.name = name
        self.host = host
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

    package init(_ outcome: ReportOutcome, mark: MonitorsMark? = nil) {
        self.outcome = outcome
        self.mark = mark
    }
}

/// What one poll read.
package struct ClusterPoll: Sendable, Equatable {
    /// Ascending by node id; rows with `active = 0` are left out.
    package let nodes: [NodeRecord]
    /// One readable line for each row that could not be understood (bad id, unknown status); such a row is left out.
    package let rejectedRows: [String]
    /// Whether Kuma's `user` table has a row.
    package let isSetUp: Bool
    package let fingerprint: AssignmentFingerprint
    package let orders: StandingOrders
    /// The database's clock while it answered, since 1970; nil where our own tables do not exist.
    package let time: Duration?

    package init(
        nodes: [NodeRecord], rejectedRows: [String], isSetUp: Bool, fingerprint: AssignmentFingerprint,
        orders: StandingOrders = StandingOrders(), time: Duration? = nil
    ) {
        self.nodes = nodes
        self.rejectedRows = rejectedRows
        self.isSetUp = isSetUp
        self.fingerprint = fingerprint
        self.orders = orders
        self.time = time
    }
}

package struct BalancerPresence: Sendable, Equatable {
    package let id: BalancerID
    /// Where clients reach it, such as `10.0.0.5:8084`.
    package let address: String
    package let version: String

    package init(id: BalancerID, address: String, version: String) {
        self.id = id
        self.address = address
        self.version = version
    }
}

package struct BalancerRecord: Sendable, Equatable {
    package let presence: BalancerPresence
    package let lastSeenAge: Duration

    package init(presence: BalancerPresence, lastSeenAge: Duration) {
        self.presence = presence
        self.lastSeenAge = lastSeenAge
    }
}

/// The right to move monitors: `holder` in `epoch`. A statement under an older epoch has no effect.
package struct Lease: Sendable, Equatable {
    package let holder: BalancerID
    package let epoch: Int64

    package init(holder: BalancerID, epoch: Int64) {
        self.holder = holder
        self.epoch = epoch
    }
}

package enum LeaseAnswer: Sendable, Equatable {
    /// Ours for the full TTL from the moment the database answered. `isNew`: not held by us just before; then in a new
    /// epoch.
    case held(Lease, isNew: Bool)
    case heldByOther(BalancerID, epoch: Int64, expiresIn: Duration)
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

package struct EventQuery: Sendable, Equatable {
    /// 1 to `HistoryLimits.page`.
    package var limit: Int
    /// Only events with a smaller id.
    package var before: Int64?
    package var node: NodeID?
    package var kind: ClusterEvent.Kind?

    package init(limit: Int = 100, before: Int64? = nil, node: NodeID? = nil, kind: ClusterEvent.Kind? = nil) {
        self.limit = limit
        self.before = before
        self.node = node
        self.kind = kind
    }
}

package struct MonitorRecount: Sendable, Equatable {
    package let node: NodeID
    package let before: Int
    package let after: Int

    package init(node: NodeID, before: Int, after: Int) {
        self.node = node
        self.before = before
        self.after = after
    }
}

package enum HistoryLimits {
    /// Rows kept in `cluster_event`; older ones are trimmed.
    package static let events = 10_000
    /// Ids behind the newest one up to which `cluster_move` keeps closed entries: ten moves of all monitors of a big cluster
    /// (10 000), about 20 MB. Older ones are dropped even within their month.
    package static let moves = 100_000
    /// Most rows one query returns.
    package static let page = 1_000
}

package enum MoveLimits {
    /// Monitors in one transaction: bounds lock time (about 0.2 s of the database's work) and Galera write sets.
    /// Of a busy database a transaction costs ten waits for its turn, however few it moves.
    package static let batch = 5_000
    /// Monitors in one step of a job, between which it may be cancelled and says how far it is.
    package static let step = 1_000
}

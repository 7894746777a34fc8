import ClusterCore
import ControlPlane

/// Every node in detail, and why it is what it is.
struct NodeDetails: WholeAnswer {
    struct Agent: AnswerObject {
        let health: AgentHealth?
        let detail: String?
        let version: String?
        let reportAge: Duration?
        let probeTime: Duration?
        let okStreak: Int
        let failStreak: Int

        init(_ record: NodeRecord) {
            health = record.agentHealth
            detail = record.agentDetail
            version = record.agentVersion
            reportAge = record.shownReportAge
            probeTime = record.probeTime
            okStreak = record.okStreak
            failStreak = record.failStreak
        }

        static let fields = AnswerFields<Self> {
            $0.field("health", \.health, "What it says of its node.")
            $0.field("detail", \.detail, "For people.")
            $0.field("version", \.version, "Of its program.")
            $0.field("report_age_ms", \.reportAge, "Since it last reported.")
            $0.field("probe_ms", \.probeTime, "What its last health check took.")
            $0.field("ok_streak", \.okStreak, "Good checks in a row.")
            $0.field("fail_streak", \.failStreak, "Bad checks in a row.")
        }
    }

    struct Probe: AnswerObject {
        let status: NodeStatus
        let detail: String
        let time: Duration
        let okStreak: Int
        let failStreak: Int

        init(_ probe: NodeSnapshot.Probe) {
            status = probe.status
            detail = probe.last.detail
            time = probe.last.duration
            okStreak = probe.okStreak
            failStreak = probe.failStreak
        }

        static let fields = AnswerFields<Self> {
            $0.field("status", \.status, "What this balancer's own checks make of the node.")
            $0.field("detail", \.detail, "What the last one found, for people.")
            $0.field("ms", \.time, "What it took.")
            $0.field("ok_streak", \.okStreak, "Good checks in a row.")
            $0.field("fail_streak", \.failStreak, "Bad checks in a row.")
        }
    }

    struct Node: AnswerObject {
        private let node: NodeSnapshot
        private let record: NodeRecord
        private let lastSeen: TimeText?
        private let agent: Agent
        private let probe: Probe?
        private let statusSince: TimeText?

        init(_ node: NodeSnapshot, at moment: Moment) {
            self.node = node
            record = node.record
            lastSeen = node.record.lastSeenTime
            agent = Agent(node.record)
            probe = node.probe.map(Probe.init)
            statusSince = node.record.statusAge.map { moment.time(ago: $0) }
        }

        /// In the words of whoever speaks for it.
        private var reason: String? {
            switch node.speaker {
            case .agent: record.agentDetail
            case .balancer: node.probe?.last.detail ?? record.agentDetail
            }
        }

        static let name: String? = "Node"
        static let fields = AnswerFields<Self> {
            $0.field("node_id", \.record.id, "The node.")
            $0.field("node_name", \.record.name, "As Kuma shows it.")
            $0.field("host", \.record.host, "Where it says that it is reached.")
            $0.field("status", \.record.status, "As the cluster holds it.")
            $0.field("last_seen", \.lastSeen, "When Kuma's own heartbeat was last seen.")
            $0.field("admin_state", \.record.adminState, "What a person decided about it.")
            $0.field("speaker", \.node.speaker, "Who keeps its status: its own agent, or the leader for a silent one.")
            $0.field("agent", \.agent, "What its agent last reported.")
            $0.field("probe", \.probe, "What this balancer's own checks find; null before the first.")
            $0.field("ejected", \.node.isEjected, "Whether this balancer passes it over after a failed connect.")
            $0.field("routable", \.node.isRoutable, "Whether clients without a pin may be sent to it.")
            $0.field("connections", \.node.openConnections, "Client connections of this balancer on it.")
            $0.field("monitor_count", \.node.monitorCount, "Active monitors that it runs.")
            $0.field("home_count", \.node.homeCount, "Active monitors whose home it is.")
            $0.field("visiting_count", \.node.visitingCount, "Active monitors that it runs for others.")
            $0.field("status_since", \.statusSince, "When its status last changed.")
            $0.field("flaps", \.node.flaps, "Times it went offline in the last ten minutes.")
            $0.field("is_primary", \.record.isPrimary, "Whether it sets Kuma up.")
            $0.field("reason", \.reason, "Why its status is what it is.")
        }
    }

    let timestamp: Timestamp
    let nodes: [Node]

    static let meaning = "Every node."
    static let fields = AnswerFields<Self> {
        $0.field("timestamp", \.timestamp, "Unix seconds.")
        $0.field("nodes", \.nodes, "By node id.")
    }
}

extension AgentHealth: AnswerWord {}

extension NodeSnapshot.Speaker: AnswerValue {
    static var schema: Schema { .words([NodeSnapshot.Speaker.agent, .balancer].map(\.rawValue)) }
    var json: JSON { .string(rawValue) }
}

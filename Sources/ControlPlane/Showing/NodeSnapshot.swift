package import ClusterCore

/// One node as the cluster sees it: its row, what this balancer's own probes say, and what it carries.
package struct NodeSnapshot: Sendable {
    /// Who keeps the row's status current.
    package enum Speaker: String, Sendable {
        /// Its own agent reported within `REPORT_TTL`.
        case agent
        /// It fell silent or its agent detached; the leader speaks for it.
        case balancer
    }

    /// What this balancer's own probes say of a node.
    package struct Probe: Sendable {
        package let status: NodeStatus
        /// The last result that the judge took.
        package let last: ProbeResult
        package let okStreak: Int
        package let failStreak: Int

        package init(status: NodeStatus, last: ProbeResult, okStreak: Int, failStreak: Int) {
            self.status = status
            self.last = last
            self.okStreak = okStreak
            self.failStreak = failStreak
        }
    }

    /// With ages as of the moment of the snapshot.
    package let record: NodeRecord
    package let speaker: Speaker
    /// What this balancer's own probes found; nil before the first.
    package let probe: Probe?
    /// Whether this balancer's data plane passes over it, because it refused a connect.
    package let isEjected: Bool
    /// Where it stands for this balancer's data plane, an ejection included; `.impossible` before the table lists it.
    package let standing: NodeStanding
    /// The part of its share of new connections that it gets, 0 to 1: below 1 for `LB_SLOW_START` after it became routable.
    package let slowStartShare: Double
    /// Client connections of this balancer that are on it now, tunnels included.
    package let openConnections: Int
    /// Active monitors it effectively runs, by the assignment map (not by its own report).
    package let monitorCount: Int
    /// Active monitors whose `node_id` is this node, wherever they run now.
    package let homeCount: Int
    /// Active monitors it runs that have another home.
    package let visitingCount: Int
    /// Times it went offline in the last 10 minutes.
    package let flaps: Int

    package init(
        record: NodeRecord, speaker: Speaker, probe: Probe?, isEjected: Bool, standing: NodeStanding,
        slowStartShare: Double = 1, openConnections: Int, monitorCount: Int, homeCount: Int, visitingCount: Int,
        flaps: Int
    ) {
        self.record = record
        self.speaker = speaker
        self.probe = probe
        self.isEjected = isEjected
        self.standing = standing
        self.slowStartShare = slowStartShare
        self.openConnections = openConnections
        self.monitorCount = monitorCount
        self.homeCount = homeCount
        self.visitingCount = visitingCount
        self.flaps = flaps
    }

    /// Whether a client without a pin may be sent there now.
    package var isRoutable: Bool { standing <= .full }

    /// The same where there is no better one: a node that is drained, cordoned or in a state that nobody knows still serves
    /// when nobody else can.
    package var isLastResort: Bool { standing == .lastResort }
}

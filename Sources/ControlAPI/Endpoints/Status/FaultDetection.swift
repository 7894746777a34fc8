import ClusterCore
import ClusterStore
import ControlPlane

/// How faults are found, and what is suspected now.
struct FaultDetection: WholeAnswer {
    struct Thresholds: AnswerObject {
        let rise: Int
        let fall: Int
        let checkInterval: Duration
        let suspectInterval: Duration
        let reportTTL: Duration
        let massSilenceWait: Duration
        let returnHold: Duration

        init(_ limits: FaultThresholds) {
            rise = limits.judge.rise
            fall = limits.judge.fall
            checkInterval = limits.judge.steadyInterval
            suspectInterval = limits.judge.changingInterval
            reportTTL = limits.silence.reportTTL
            massSilenceWait = limits.silence.massWait
            returnHold = limits.returnHold
        }

        static let fields = AnswerFields<Self> {
            $0.field("rise", \.rise, "Good checks in a row until a node is online again.")
            $0.field("fall", \.fall, "Bad checks in a row until it is offline.")
            $0.field("check_interval_ms", \.checkInterval, "Between checks of a node that is as it was.")
            $0.field("suspect_interval_ms", \.suspectInterval, "Between checks of one that may be changing.")
            $0.field("report_ttl_ms", \.reportTTL, "Without a report for so long a node is silent.")
            $0.field("mass_silence_wait_ms", \.massSilenceWait, "How long a silence of many is waited out.")
            $0.field("return_hold_ms", \.returnHold, "Online for so long, a node gets its monitors back.")
        }
    }

    let timestamp: Timestamp
    let isRunning: Bool
    let interval: Duration
    let passes: Int
    let lastPass: TimeText?
    let lastDuration: Duration?
    let silent: [NodeID]
    let suspects: [NodeID]
    let thresholds: Thresholds
    let leader: BalancerID?
    let pause: PauseAnswer

    static let meaning = "The scanner."
    static let fields = AnswerFields<Self> {
        $0.field("timestamp", \.timestamp, "Unix seconds.")
        $0.field("running", \.isRunning, "Whether the tables are read.")
        $0.field("interval_ms", \.interval, "Between two passes.")
        $0.field("scans", \.passes, "Passes of this balancer that came to their end.")
        $0.field("last_scan", \.lastPass, "When the last one ended.")
        $0.field("last_duration_ms", \.lastDuration, "What it took.")
        $0.field("silent_nodes", \.silent, "Nodes whose agent does not report: the leader speaks for them.")
        $0.field("suspects", \.suspects, "Nodes that count as online while something speaks against it.")
        $0.field("thresholds", \.thresholds, "When a node counts as lost and as found again.")
        $0.field("leader", \.leader, "The balancer that acts on it.")
        $0.field("automation", \.pause, "Whether a person stopped automatic moves.")
    }

    static func answer(_ request: APIRequest, _ sources: AnswerSources) -> MarkedAnswer<FaultDetection> {
        let (snapshot, moment) = (sources.control.snapshot, Moment.now)
        let detection = FaultDetection(
            timestamp: moment.timestamp, isRunning: !snapshot.isStale, interval: snapshot.thresholds.pollInterval,
            passes: snapshot.passes.count, lastPass: snapshot.passes.last.map { moment.time($0) },
            lastDuration: snapshot.passes.lastDuration,
            silent: snapshot.nodes.filter { $0.speaker == .balancer }.map(\.record.id),
            suspects: snapshot.nodes.filter { isSuspect($0, snapshot) }.map(\.record.id),
            thresholds: Thresholds(snapshot.thresholds), leader: snapshot.leadership.leader,
            pause: PauseAnswer(snapshot.orders.activePause))
        return snapshot.marked(detection, at: moment)
    }

    /// Still counted as online, and something speaks against it.
    private static func isSuspect(_ node: NodeSnapshot, _ snapshot: ControlPlaneSnapshot) -> Bool {
        let limits = snapshot.thresholds
        guard node.record.believedStatus(limits.judge) == .online else { return false }
        if node.record.failStreak > 0 || node.isEjected { return true }
        if let probe = node.probe, probe.status != .online || probe.failStreak > 0 { return true }
        // While we cannot read reports, their age says nothing of a node.
        return !snapshot.isStale && node.speaker == .agent
            && (node.record.reportAge ?? .zero) > limits.silence.reportTTL / 2
    }
}

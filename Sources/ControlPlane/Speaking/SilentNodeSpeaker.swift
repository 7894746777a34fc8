import ClusterCore
import ClusterStore
import Logging

/// Speaks for nodes that have fallen silent: lends them this balancer's own probes, judged by the same judge. The store
/// takes its word only while the node is still silent, so a fresh report always wins. An answer that may be somebody else's
/// at the node's address is no word of the node.
actor SilentNodeSpeaker {
    /// Statements in one pass; the rest follows a second later. Bounds a pass when very many nodes are silent.
    static let statementsPerPass = 200
    /// The same where the database is slow: the lease must be renewed between the words.
    static let longestPass: Duration = .seconds(3)

    /// What came of the words of one pass.
    struct Outcome: Sendable {
        /// The rows as they are now, for those that were written.
        var written: [NodeRecord] = []
        /// A node reported while a word for it was under way: what was read of it is old, in whatever it says.
        var isOvertaken = false
    }

    private enum Effect {
        case written
        /// The node is not silent any more, or its row is gone.
        case overtaken
        case refused
    }

    private let store: any ControlStore
    private let prober: NodeProber
    private let judge: HealthJudge.Limits
    private let reportTTL: Duration
    private let clock: ControlClock
    private let logger: Logger
    /// Nodes we have spoken for, or would have had there been anything to correct.
    private var spokenFor: Set<NodeID> = []
    /// Nodes whose row took no word from us; told once.
    private var refused: Set<NodeID> = []

    init(
        store: any ControlStore, prober: NodeProber, configuration: ControlPlaneConfiguration, clock: ControlClock,
        logger: Logger
    ) {
        self.store = store
        self.prober = prober
        self.clock = clock
        self.logger = logger
        judge = configuration.judge
        reportTTL = configuration.silence.reportTTL
    }

    /// Notes who fell silent and who reports again.
    func follow(_ nodes: [NodeRecord], speakable: Set<NodeID>, silent: Set<NodeID>) -> [ClusterEvent] {
        var events: [ClusterEvent] = []
        for node in nodes {
            if speakable.contains(node.id) {
                guard spokenFor.insert(node.id).inserted else { continue }
                let detail = SilentNodeSpeaker.silence(of: node)
                logger.warning(
                    "the node's agent is silent; the leader speaks for the node. Look after the agent",
                    metadata: ["node": "\(node.id)", "silence": "\(detail)"])
                events.append(ClusterEvent(.agentSilent, node: node.id, detail: "\(node.id): \(detail)"))
            } else if !silent.contains(node.id), spokenFor.remove(node.id) != nil {
                logger.notice("the node's agent reports again", metadata: ["node": "\(node.id)"])
                events.append(
                    ClusterEvent(.agentReturned, node: node.id, detail: "the agent of \(node.id) reports again"))
            }
        }
        return events
    }

    /// Writes what must be corrected.
    func speak(
        for nodes: [NodeRecord], speakable: Set<NodeID>, under lease: Lease
    ) async throws(StoreError) -> Outcome {
        var outcome = Outcome()
        let end = clock.now() + SilentNodeSpeaker.longestPass
        for node in nodes where speakable.contains(node.id) {
            guard outcome.written.count < SilentNodeSpeaker.statementsPerPass, clock.now() < end else { break }
            guard let statement = statement(for: node) else { continue }
            switch try await write(statement, under: lease) {
            case .written: break
            case .overtaken:
                outcome.isOvertaken = true
                continue
            case .refused: continue
            }
            var record = node
            if record.status != statement.status { record.statusAge = .zero }
            record.status = statement.status
            record.okStreak = statement.okStreak
            record.failStreak = statement.failStreak
            record.agentDetail = statement.detail
            outcome.written.append(record)
        }
        return outcome
    }

    /// One row that cannot be written must not keep the others from being spoken
    ///   for, nor monitors from being moved.
    private func write(_ statement: SpokenStatus, under lease: Lease) async throws(StoreError) -> Effect {
        do {
            let isWritten = try await store.speak(statement, under: lease)
            refused.remove(statement.node)
            return isWritten ? .written : .overtaken
        } catch {
            switch error {
            case .refused, .contended: break
            case .unavailable, .deadlineExceeded, .leaseLost, .notPermitted, .schemaMissing: throw error
            }
            if refused.insert(statement.node).inserted {
                logger.error(
                    "the leader cannot write a node's status",
                    metadata: ["node": "\(statement.node)", "status": "\(statement.status)", "error": "\(error)"])
            }
            return .refused
        }
    }

    /// What to say, or nil when the row already says it: a silent node costs no statement a second.
    private func statement(for node: NodeRecord) -> SpokenStatus? {
        let verdict: (status: NodeStatus, okStreak: Int, failStreak: Int, detail: String)
        if let finding = prober.ownership(of: node.id) {
            verdict = (finding.status, finding.okStreak, finding.failStreak, finding.last.detail)
        } else if node.address == nil {
            // Nobody reports and nobody can ask: such a row is no node one could rely on.
            verdict = (.offline, 0, judge.fall, "no agent reports, and the host column names no address")
        } else {
            return nil
        }
        let isSaid =
            verdict.status == node.status && (verdict.okStreak > 0) == (node.okStreak > 0)
            && (verdict.okStreak >= judge.rise) == (node.okStreak >= judge.rise)
            && (verdict.failStreak >= judge.fall) == (node.failStreak >= judge.fall)
        guard !isSaid else { return nil }
        return SpokenStatus(
            node: node.id, status: verdict.status, okStreak: verdict.okStreak, failStreak: verdict.failStreak,
            detail: "\(SilentNodeSpeaker.silence(of: node)); the leader found: \(verdict.detail)", silentFor: reportTTL)
    }

    private static func silence(of node: NodeRecord) -> String {
        if node.agentHealth == .detached { return "its agent went away on purpose" }
        guard let age = node.reportAge else { return "no agent has ever reported" }
        if age < .zero { return "its last report is dated in the future: the database's clock was set back" }
        return "no report for \(age.components.seconds) s"
    }
}

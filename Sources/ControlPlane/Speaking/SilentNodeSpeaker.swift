import ClusterCore
import ClusterStore

/// Speaks for nodes that have fallen silent: lends them this balancer's own probes, judged by the same judge. The store
/// takes its word only while the node is still silent, so a fresh report always wins. An answer that may be somebody else's
/// at the node's address is no word of the node.
struct SilentNodeSpeaker: Sendable {
    /// Statements in one pass; the rest follows a second later. Bounds a pass when very many nodes are silent.
    static let statementsPerPass = 200
    /// The same where the database is slow: the lease must be renewed between the words.
    static let longestPass: Duration = .seconds(3)

    /// The words of one pass.
    struct Round: Sendable {
        let lease: Lease
        let end: ContinuousClock.Instant
        /// Nodes that are still to be spoken for, ascending.
        fileprivate var nodes: ArraySlice<NodeRecord>
        /// What is being written, and of whom.
        fileprivate var underWay: (node: NodeRecord, word: SpokenStatus)?
        /// The rows as they are now, for those that were written.
        fileprivate(set) var written: [NodeRecord] = []
        /// A node reported while a word for it was under way: what was read of it is old, in whatever it says.
        fileprivate(set) var isOvertaken = false
    }

    private let judge: HealthJudge.Limits
    private let reportTTL: Duration
    /// Nodes we have spoken for, or would have had there been anything to correct.
    private var spokenFor: Set<NodeID> = []
    /// Nodes whose row took no word from us; logged once.
    private var unwritable: Set<NodeID> = []

    init(judge: HealthJudge.Limits, reportTTL: Duration) {
        self.judge = judge
        self.reportTTL = reportTTL
    }

    /// Notes who fell silent and who reports again.
    mutating func follow(
        _ nodes: [NodeRecord], speakable: Set<NodeID>, silent: Set<NodeID>, _ effects: inout [PassEffect]
    ) -> [ClusterEvent] {
        var events: [ClusterEvent] = []
        for node in nodes {
            if speakable.contains(node.id) {
                guard spokenFor.insert(node.id).inserted else { continue }
                let detail = SilentNodeSpeaker.silence(of: node)
                effects.log(
                    .warning, "the node's agent is silent; the leader speaks for the node. Look after the agent",
                    ["node": "\(node.id)", "silence": detail])
                events.append(ClusterEvent(.agentSilent, node: node.id, detail: "\(node.id): \(detail)"))
            } else if !silent.contains(node.id), spokenFor.remove(node.id) != nil {
                effects.log(.notice, "the node's agent reports again", ["node": "\(node.id)"])
                events.append(
                    ClusterEvent(.agentReturned, node: node.id, detail: "the agent of \(node.id) reports again"))
            }
        }
        return events
    }

    /// - Parameter nodes: with ages as of `now`.
    func begin(
        for nodes: [NodeRecord], speakable: Set<NodeID>, under lease: Lease, now: ContinuousClock.Instant
    ) -> Round {
        Round(
            lease: lease, end: now + SilentNodeSpeaker.longestPass,
            nodes: nodes.filter { speakable.contains($0.id) }[...])
    }

    /// The next word that corrects a row; nil when all are said, or the rest must wait.
    func next(_ round: inout Round, _ moment: PassMoment) -> SpokenStatus? {
        while round.written.count < SilentNodeSpeaker.statementsPerPass, moment.now < round.end,
            let node = round.nodes.popFirst()
        {
            guard let word = statement(for: node, moment.finding(node.id)) else { continue }
            round.underWay = (node, word)
            return word
        }
        return nil
    }

    /// The database took the word, or not.
    mutating func answered(_ effect: PassAnswer.SpokenEffect, _ round: inout Round) {
        guard let (node, word) = round.underWay else { return }
        round.underWay = nil
        unwritable.remove(node.id)
        switch effect {
        case .overtaken: round.isOvertaken = true
        case .written:
            var record = node
            if record.status != word.status { record.statusAge = .zero }
            record.status = word.status
            record.okStreak = word.okStreak
            record.failStreak = word.failStreak
            record.agentDetail = word.detail
            round.written.append(record)
        }
    }

    /// One row that cannot be written must not keep the others from being spoken for, nor monitors from being moved.
    mutating func refused(_ error: StoreError, _ round: inout Round, _ effects: inout [PassEffect]) {
        guard let (node, word) = round.underWay else { return }
        round.underWay = nil
        guard unwritable.insert(node.id).inserted else { return }
        effects.log(
            .error, "the leader cannot write a node's status",
            ["node": "\(node.id)", "status": "\(word.status)", "error": "\(error)"])
    }

    /// What to say, or nil when the row already says it: a silent node costs no statement a second.
    private func statement(for node: NodeRecord, _ finding: ProbeBoard.Finding?) -> SpokenStatus? {
        let verdict: (status: NodeStatus, okStreak: Int, failStreak: Int, detail: String)
        if let finding {
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

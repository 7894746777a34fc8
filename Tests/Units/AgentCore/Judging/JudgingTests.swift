import ClusterCore
import ClusterStore
import Testing

@testable import AgentCore

@Suite("What the agent holds of its node")
struct NodeJudgementTests {
    private let start = ContinuousClock.now
    private let limits = HealthJudge.Limits()
    private var fresh: NodeJudgement { NodeJudgement(limits: limits, probeTimeout: .seconds(5)) }

    private func result(_ finding: ProbeResult.Finding) -> ProbeResult {
        ProbeResult(finding: finding, detail: "", duration: .zero)
    }

    private func became(_ recording: NodeJudgement.Recording) -> NodeStatus? {
        switch recording {
        case .counted(let change): change.became
        case .lapsed: nil
        }
    }

    private func judgement(_ findings: [ProbeResult.Finding], adopting status: NodeStatus?) -> NodeJudgement {
        var judgement = fresh
        for finding in findings {
            _ = judgement.record(result(finding), now: start)
        }
        _ = judgement.adopt(status)
        return judgement
    }

    @Test("an online node stays online, whatever few probes were made before the database answered")
    func online() {
        #expect(judgement([.healthy], adopting: .online).status == .online)
        #expect(judgement([.unhealthy, .unhealthy], adopting: .online).status == .online)
    }

    @Test("three failures count, even before the database answered")
    func failed() {
        #expect(judgement([.unhealthy, .unhealthy, .unhealthy], adopting: .online).status == .offline)
    }

    @Test("an offline node is online again only after three successes")
    func offline() {
        #expect(judgement([.healthy, .healthy], adopting: .offline).status == .recovering)
        #expect(judgement([.healthy, .healthy, .healthy], adopting: .offline).status == .online)
    }

    @Test("what was only a guess before the database answered is no event")
    func guesses() {
        var judgement = fresh
        #expect(became(judgement.record(result(.unhealthy), now: start)) == nil)
        #expect(judgement.adopt(.online) == nil)
        #expect(became(judgement.record(result(.unhealthy), now: start)) == nil)
        #expect(became(judgement.record(result(.unhealthy), now: start)) == .offline)
    }

    @Test("what the probes proved before the database answered is an event when it answers")
    func provenBefore() {
        var judgement = fresh
        for _ in 0..<3 { _ = judgement.record(result(.unhealthy), now: start) }
        #expect(judgement.adopt(.online) == .offline)
    }

    @Test("the database's belief is adopted once")
    func once() {
        var judgement = judgement([.healthy], adopting: .online)
        #expect(judgement.adopt(.offline) == nil)
        #expect(judgement.status == .online)
    }

    // MARK: - Standstills

    private func configuration() throws -> AgentConfiguration {
        AgentConfiguration(
            node: try NodeID("node1"), name: "Node 1", host: "kuma1:3001", isPrimary: false,
            instance: AgentInstance(text: "mine"), version: "test",
            address: NodeAddress(host: "kuma1", port: 3001))
    }

    @Test("what was judged before the process stood still is not reported until a probe has ended")
    func oldJudgement() throws {
        let configuration = try configuration()
        var judgement = judgement([.unhealthy, .unhealthy, .unhealthy], adopting: .online)
        #expect(judgement.report(for: configuration, now: start + .seconds(2))?.status == .offline)
        let thawed = start + .seconds(17)
        #expect(judgement.report(for: configuration, now: thawed) == nil)
        judgement.probeBegins(now: thawed)
        #expect(judgement.report(for: configuration, now: thawed + .milliseconds(2)) == nil, "it has only begun")
        _ = judgement.record(result(.healthy), now: thawed + .milliseconds(3))
        #expect(judgement.report(for: configuration, now: thawed + .milliseconds(4))?.status == .recovering)
    }

    @Test(
        "a probe that hangs within its limit keeps the beats going, and one that was stopped with the process does not")
    func hangingProbe() throws {
        let configuration = try configuration()
        var judgement = judgement([.healthy], adopting: .online)
        judgement.probeBegins(now: start + .seconds(2))
        #expect(judgement.report(for: configuration, now: start + .seconds(7)) != nil)
        #expect(judgement.report(for: configuration, now: start + .seconds(9)) == nil)
    }

    @Test("a probe that outlasted its limit says nothing of the node")
    func lapsedProbe() throws {
        var judgement = judgement([.unhealthy, .unhealthy], adopting: .online)
        judgement.probeBegins(now: start)
        #expect(judgement.record(result(.unhealthy), now: start + .seconds(16)) == .lapsed)
        #expect(judgement.status == .online)
        judgement.probeBegins(now: start + .seconds(16))
        #expect(judgement.report(for: try configuration(), now: start + .seconds(17)) == nil, "the next one decides")
        #expect(became(judgement.record(result(.unhealthy), now: start + .seconds(21))) == .offline)
    }
}

@Suite("Whether this agent speaks for its node")
struct NodeVoiceTests {
    private let start = ContinuousClock.now

    @Test("only while no other agent can have taken the row over")
    func ages() {
        var voice = NodeVoice()
        #expect(!voice.speaks(now: start))
        voice.record(.registered, sentAt: start)
        #expect(voice.speaks(now: start + .seconds(8)))
        #expect(!voice.speaks(now: start + .seconds(9)))
        voice.record(.written, sentAt: start + .seconds(9))
        voice.reportFailed()
        #expect(!voice.speaks(now: start + .seconds(9)))
    }

    @Test("an agent that follows another within a minute, or was refused for it, takes over once")
    func predecessor() {
        var voice = NodeVoice()
        var takings: [Bool] = []
        for age: Duration? in [nil, .seconds(61), .seconds(59)] {
            voice.follows(age)
            takings.append(voice.takesOver())
        }
        takings.append(voice.takesOver())
        #expect(takings == [false, false, true, false])
        voice.record(.written, sentAt: start)
        voice.record(.conflict(with: AgentInstance(text: "other"), age: .seconds(1)), sentAt: start)
        #expect(!voice.speaks(now: start))
        voice.record(.written, sentAt: start)
        let takesOver = voice.takesOver()
        #expect(takesOver)
    }
}

@Suite("Telling a rival from a dead predecessor")
struct ConflictWatchTests {
    private let start = ContinuousClock.now
    private let other = AgentInstance(text: "other")

    private func conflict(_ age: Duration = .seconds(1)) -> ReportOutcome { .conflict(with: other, age: age) }

    @Test("a predecessor's last report is waited out")
    func predecessor() {
        var watch = ConflictWatch(patience: .seconds(8))
        #expect(watch.record(conflict(), now: start) == .waiting)
        #expect(watch.record(conflict(), now: start + .seconds(7)) == .waiting)
        #expect(watch.record(.written, now: start + .seconds(9)) == .clear)
    }

    @Test("reports that go on prove a rival, which is told once")
    func rival() {
        var watch = ConflictWatch(patience: .seconds(8))
        #expect(watch.record(conflict(), now: start) == .waiting)
        #expect(watch.record(conflict(), now: start + .seconds(9)) == .proven(other))
        #expect(watch.record(conflict(), now: start + .seconds(11)) == .ongoing)
        #expect(watch.record(.written, now: start + .seconds(30)) == .ended)
        #expect(watch.record(.written, now: start + .seconds(32)) == .clear)
    }
}

@Suite("Reading the node's monitors only when a beat says that they changed")
struct MonitorsInSightTests {
    private let monitors = [MonitorID(1), MonitorID(2)]

    @Test("a beat's mark of the very set that was read spares the reading, whenever that beat was made")
    func marks() {
        var sight = MonitorsInSight()
        #expect(sight.monitors(behind: MonitorsMark(of: monitors)) == nil)
        sight.read(monitors)
        #expect(sight.monitors(behind: MonitorsMark(of: monitors)) == monitors)
        #expect(sight.monitors(behind: nil) == nil)
        #expect(sight.monitors(behind: MonitorsMark(of: [])) == nil)
        // A set that was read between two beats of another set is not that other set.
        sight.read([MonitorID(1)])
        #expect(sight.monitors(behind: MonitorsMark(of: monitors)) == nil)
    }
}

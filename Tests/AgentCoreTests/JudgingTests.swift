import ClusterCore
import ClusterStore
import Testing

@testable import AgentCore

@Suite("What the agent holds of its node")
struct NodeJudgementTests {
    private func judgement(_ findings: [ProbeResult.Finding], adopting status: NodeStatus?) -> NodeJudgement {
        var judgement = NodeJudgement(limits: HealthJudge.Limits())
        for finding in findings {
            _ = judgement.record(ProbeResult(finding: finding, detail: "", duration: .zero))
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
        var judgement = NodeJudgement(limits: HealthJudge.Limits())
        let failure = ProbeResult(finding: .unhealthy, detail: "", duration: .zero)
        #expect(judgement.record(failure).became == nil)
        #expect(judgement.adopt(.online) == nil)
        #expect(judgement.record(failure).became == nil)
        #expect(judgement.record(failure).became == .offline)
    }

    @Test("what the probes proved before the database answered is an event when it answers")
    func provenBefore() {
        var judgement = NodeJudgement(limits: HealthJudge.Limits())
        for _ in 0..<3 { _ = judgement.record(ProbeResult(finding: .unhealthy, detail: "", duration: .zero)) }
        #expect(judgement.adopt(.online) == .offline)
    }

    @Test("the database's belief is adopted once")
    func once() {
        var judgement = judgement([.healthy], adopting: .online)
        #expect(judgement.adopt(.offline) == nil)
        #expect(judgement.status == .online)
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

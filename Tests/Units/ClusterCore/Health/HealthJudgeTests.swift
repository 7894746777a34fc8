import ClusterCore
import Testing

@Suite("The health judge")
struct HealthJudgeTests {
    private func verdicts(_ findings: [ProbeResult.Finding], from status: NodeStatus) -> [NodeStatus] {
        var judge = HealthJudge(startingAs: status)
        return findings.map { finding in
            _ = judge.record(finding)
            return judge.status
        }
    }

    @Test("three failures in a row make a node offline, two and a success do not")
    func fall() {
        #expect(verdicts([.unhealthy, .unhealthy, .unhealthy], from: .online) == [.online, .online, .offline])
        let mended: [ProbeResult.Finding] = [.unhealthy, .unhealthy, .healthy, .unhealthy, .unhealthy]
        #expect(verdicts(mended, from: .online).allSatisfy { $0 == .online })
    }

    @Test("three successes in a row bring it back by way of recovering, one failure undoes that")
    func rise() {
        #expect(verdicts([.healthy, .degraded, .healthy], from: .offline) == [.recovering, .recovering, .online])
        #expect(verdicts([.healthy, .healthy, .unhealthy], from: .offline) == [.recovering, .recovering, .offline])
    }

    @Test("a verdict is named once, and probing is fast exactly while one is near")
    func pace() {
        var judge = HealthJudge(startingAs: .online)
        #expect(judge.interval == .seconds(2))
        #expect(judge.record(.unhealthy) == .unchanged)
        #expect(judge.interval == .milliseconds(500))
        _ = judge.record(.unhealthy)
        #expect(judge.record(.unhealthy) == .became(.offline))
        #expect(judge.record(.unhealthy) == .unchanged)
        #expect(judge.interval == .seconds(2))
        #expect(judge.record(.healthy) == .became(.recovering))
        #expect(judge.interval == .milliseconds(500))
    }

    @Test("jitter stays within a tenth")
    func jitter() {
        #expect(Jitter.spread(.seconds(10), draw: 0) == .seconds(9))
        #expect(Jitter.spread(.seconds(10), draw: 0.5) == .seconds(10))
        #expect(Jitter.spread(.seconds(10), draw: 7) == .seconds(11))
    }
}

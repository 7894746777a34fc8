import ClusterCore
import Testing

@Suite("What an agent said after an outage of the database")
struct OwnWordTests {
    private let returned = ContinuousClock.now

    /// A node whose agent reported half a second ago.
    private func node(
        failures: Int = 3, check: Duration? = .milliseconds(2), status: NodeStatus = .offline,
        health: AgentHealth = .unhealthy
    ) throws -> NodeRecord {
        NodeRecord(
            id: try NodeID("a"), name: "a", status: status, agentHealth: health, failStreak: failures, probeTime: check,
            reportAge: .milliseconds(500))
    }

    private func isOffline(_ node: NodeRecord, after span: Duration) -> Bool {
        OwnWord.isOffline(node, judgedSince: returned, now: returned + span, limits: HealthJudge.Limits())
    }

    @Test("a verdict counts as soon as all its checks can have been made since")
    func quickChecks() throws {
        #expect(try !isOffline(node(), after: .seconds(1)))
        #expect(try isOffline(node(), after: .milliseconds(1_600)))
    }

    @Test("checks that timed out in a frozen database are older than the verdict's word for it")
    func timedOut() throws {
        let node = try node(check: .seconds(5))
        #expect(!isOffline(node, after: .seconds(8)))
        #expect(isOffline(node, after: .seconds(17)))
    }

    @Test("only the agent's own verdict of offline counts")
    func others() throws {
        #expect(try !isOffline(node(failures: 2), after: .seconds(60)))
        #expect(try !isOffline(node(status: .recovering), after: .seconds(60)))
        #expect(try !isOffline(node(health: .detached), after: .seconds(60)))
        #expect(try !isOffline(node(check: nil), after: .seconds(60)))
        var ahead = try node()
        ahead.reportAge = .seconds(-30)
        #expect(!isOffline(ahead, after: .seconds(60)), "the database's clock stepped back")
    }
}

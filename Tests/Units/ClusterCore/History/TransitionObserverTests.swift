import ClusterCore
import Testing

@Suite("Transitions become events")
struct TransitionObserverTests {
    @Test("each change of believed status is one event; Kuma's own word is none")
    func once() throws {
        var observer = TransitionObserver(limits: HealthJudge.Limits())
        var node = NodeRecord(id: try NodeID("a"), name: "a", okStreak: 5)
        #expect(observer.observe([node]).isEmpty)
        (node.status, node.failStreak, node.agentDetail) = (.offline, 3, "connection refused")
        let events = observer.observe([node])
        #expect(events == [ClusterEvent(.nodeOffline, node: node.id, detail: "a is offline: connection refused")])
        #expect(observer.observe([node]).isEmpty)
        node.status = .online
        #expect(observer.observe([node]).isEmpty)
        (node.status, node.failStreak, node.okStreak) = (.recovering, 0, 1)
        #expect(observer.observe([node]).map(\.kind) == [.nodeRecovering])
        node.status = .online
        #expect(observer.observe([node]).map(\.kind) == [.nodeOnline])
        node.agentHealth = .degraded
        #expect(observer.observe([node]).map(\.kind) == [.nodeDegraded])
        #expect(observer.observe([node]).isEmpty)
    }
}

import ClusterCore
import ClusterStore
import InMemoryClusterStore
import Testing
import Waiting

@testable import AgentCore

@Suite("The agent")
struct AgentServiceTests {
    @Test("a node without a row is registered and becomes online")
    func registers() async throws {
        let agent = try AgentUnderTest()
        try await agent.run {
            try await eventually { try await agent.row?.status == .online }
            try await eventually { try await agent.store.recordedKinds() == [.nodeRegistered] }
        }
        let row = try #require(try await agent.row)
        #expect(row.host == "kuma1:3001")
        #expect(row.agentInstance == agent.instance)
        #expect(agent.store.reports.first?.status == .recovering)
    }

    @Test("NODE_HOST replaces what the row says, whoever wrote that, and each change is told once")
    func replacedHost() async throws {
        let cluster = InMemoryCluster()
        let agent = try AgentUnderTest(cluster: cluster)
        cluster.kumaStarts(agent.node, host: "typo.invalid:3001")
        let changes = EventQuery(kind: .hostChanged)
        let told = { () async throws in try InMemoryClusterStore(cluster).events(changes).map(\.event.detail) }
        try await agent.run(adjust: { $0.hostPrecedence = .agent }) {
            try await eventually { try await told().count == 1 }
            #expect(try await agent.row?.host == "kuma1:3001")
            cluster.kumaStarts(agent.node, host: "localhost:3001")
            try await eventually { try await told().count == 2 }
            #expect(try await agent.row?.host == "kuma1:3001")
            let beats = agent.store.reports.count
            try await eventually { agent.store.reports.count > beats + 5 }
        }
        #expect(
            try await told() == [
                "node1 is at kuma1:3001, by its NODE_HOST; the row said localhost:3001",
                "node1 is at kuma1:3001, by its NODE_HOST; the row said typo.invalid:3001",
            ])
    }

    @Test("restarting an agent beside a living node changes nothing")
    func restart() async throws {
        let cluster = InMemoryCluster()
        let agent = try AgentUnderTest(cluster: cluster)
        cluster.kumaStarts(agent.node, host: "kuma1:3001")
        try await agent.run {
            try await eventually { agent.store.reports.count >= 5 }
        }
        #expect(agent.store.reports.allSatisfy { $0.status == .online })
        #expect(try await agent.store.recordedKinds().isEmpty)
    }

    @Test("a node that dies becomes offline after three probes")
    func dies() async throws {
        let agent = try AgentUnderTest()
        try await agent.run {
            try await eventually { try await agent.row?.status == .online }
            agent.probe.become(.finding(.unhealthy))
            try await eventually { try await agent.row?.status == .offline }
        }
        let offline = try #require(agent.store.reports.first { $0.status == .offline })
        // Probes go on while a beat is late: the first that tells of the third may tell of a fourth.
        #expect(offline.failStreak >= 3)
        #expect(agent.store.reports.allSatisfy { $0.status == .offline || $0.failStreak < 3 })
        #expect(offline.health == .unhealthy)
    }

    @Test("a node whose database is ill is degraded and stays online")
    func degraded() async throws {
        let agent = try AgentUnderTest()
        try await agent.run {
            try await eventually { try await agent.row?.status == .online }
            agent.probe.become(.finding(.degraded))
            try await eventually { try await agent.row?.agentHealth == .degraded }
        }
        #expect(try await agent.row?.status == .online)
    }

    @Test("beats go on while a probe hangs")
    func hangingNode() async throws {
        let agent = try AgentUnderTest()
        try await agent.run {
            try await eventually { try await agent.row?.status == .online }
            agent.probe.become(.hanging)
            try await eventually { agent.probe.hangs == 1 }
            let probes = agent.probe.count
            let beats = agent.store.reports.count
            try await eventually { agent.store.reports.count >= beats + 5 }
            #expect(agent.probe.count == probes)
        }
    }

    @Test("probes go on while the database hangs, and what they found is written afterwards")
    func hangingDatabase() async throws {
        let agent = try AgentUnderTest()
        try await agent.run {
            try await eventually { try await agent.row?.status == .online }
            agent.store.hang()
            agent.probe.become(.finding(.unhealthy))
            let probes = agent.probe.count
            try await eventually { agent.probe.count >= probes + 5 }
            agent.store.release()
            try await eventually { try await agent.row?.status == .offline }
        }
    }

    @Test("a database that is away at the start and later is waited for")
    func databaseAway() async throws {
        let agent = try AgentUnderTest()
        agent.store.cluster.fail(with: .unavailable(reason: "refused"))
        try await agent.run {
            try await eventually { agent.store.schemaCalls >= 3 }
            agent.store.cluster.fail(with: nil)
            try await eventually { try await agent.row?.status == .online }
            agent.store.cluster.fail(with: .deadlineExceeded(statement: "report"))
            let probes = agent.probe.count
            try await eventually { agent.probe.count >= probes + 3 }
            agent.store.cluster.fail(with: nil)
            let beats = agent.store.reports.count
            try await eventually { agent.store.reports.count > beats }
        }
    }

    @Test("without the right to change the schema it keeps asking, and works once the right is there")
    func notPermitted() async throws {
        let agent = try AgentUnderTest()
        agent.store.forbidSchema()
        try await agent.run {
            try await eventually { agent.store.schemaCalls >= 3 }
            #expect(agent.store.reports.isEmpty)
            agent.store.release()
            try await eventually { try await agent.row?.status == .online }
        }
    }

    @Test("a history that takes nothing costs no beat, and is asked no more than once when it is forbidden")
    func forbiddenHistory() async throws {
        let agent = try AgentUnderTest()
        agent.store.refuseHistory(with: .notPermitted(reason: "INSERT denied", sql: []))
        try await agent.run(adjust: { $0.permissionRetry = .seconds(60) }) {
            try await eventually { agent.store.reports.count >= 5 }
            #expect(agent.store.recordCalls == 1)
        }
    }

    @Test("events wait for a history that is locked")
    func lockedHistory() async throws {
        let agent = try AgentUnderTest()
        agent.store.refuseHistory(with: .contended(reason: "locked"))
        try await agent.run {
            try await eventually { agent.store.reports.count >= 5 && agent.store.recordCalls >= 2 }
            agent.store.refuseHistory(with: nil)
            try await eventually { try await agent.store.recordedKinds() == [.nodeRegistered] }
        }
    }

    @Test("a shutdown detaches, so that a balancer speaks for the node at once")
    func detaches() async throws {
        let agent = try AgentUnderTest()
        try await agent.run {
            try await eventually { try await agent.row?.status == .online }
        }
        #expect(try await agent.row?.agentHealth == .detached)
    }

    @Test("a shutdown is not held up by a database that hangs")
    func shutdownWhileHanging() async throws {
        let agent = try AgentUnderTest()
        try await agent.run(adjust: { $0.detachLimit = .milliseconds(50) }) {
            try await eventually { try await agent.row?.status == .online }
            agent.store.hang()
        }
        agent.store.release()
    }

    @Test("the end of the tether has the node probed at once")
    func tether() async throws {
        let agent = try AgentUnderTest()
        try await agent.run(adjust: { $0.judge.steadyInterval = .seconds(3600) }) {
            try await eventually { try await agent.row?.status == .online }
            let probes = agent.probe.count
            agent.probe.become(.finding(.unhealthy))
            agent.tether.cut()
            try await eventually { try await agent.row?.status == .offline }
            #expect(agent.probe.count >= probes + 3)
        }
    }

    @Test("while another agent lives, nothing is written; when it is gone, reporting begins")
    func conflict() async throws {
        let agent = try AgentUnderTest()
        let rival = try AgentUnderTest(cluster: agent.store.cluster)
        try await rival.run {
            try await eventually { try await rival.row?.status == .online }
            try await agent.run(adjust: { $0.conflictPatience = .milliseconds(50) }) {
                let probes = agent.probe.count
                try await eventually { agent.probe.count >= probes + 5 }
                try await eventually { try await rival.store.recordedKinds().contains(.agentConflict) }
                #expect(agent.store.reports.isEmpty)
            }
            #expect(try await rival.row?.agentInstance == rival.instance)
            #expect(try await rival.row?.agentHealth == .healthy)
        }
        try await agent.run {
            try await eventually { try await agent.row?.agentInstance == agent.instance }
        }
    }

    @Test("under the strict policy a proven conflict ends the agent")
    func strictConflict() async throws {
        let agent = try AgentUnderTest()
        let rival = try AgentUnderTest(cluster: agent.store.cluster)
        try await rival.run {
            try await eventually { try await rival.row?.status == .online }
            await #expect(throws: AgentConflict(node: agent.node, other: rival.instance)) {
                try await agent.run(
                    adjust: {
                        $0.conflictPolicy = .end
                        $0.conflictPatience = .milliseconds(50)
                    },
                    {
                        try await eventually { try await rival.store.recordedKinds().contains(.agentConflict) }
                    })
            }
        }
    }

    @Test("a monitor that arrives makes Kuma re-read its list once")
    func reconciles() async throws {
        let agent = try AgentUnderTest()
        let trigger = ScriptedTrigger([.notSent(detail: "refused"), .done])
        try await agent.run(trigger: trigger) {
            try await eventually { try await agent.row?.status == .online }
            let beats = agent.store.reports.count
            try await eventually { agent.store.reports.count >= beats + 3 }
            #expect(trigger.count == 0)
            agent.store.cluster.put(MonitorAssignment(id: MonitorID(1), home: NodeReference(agent.node)))
            // The first call never reached the node, so it is made again; the second is enough.
            try await eventually { trigger.count == 2 }
            let later = agent.store.reports.count
            try await eventually { agent.store.reports.count >= later + 5 }
            #expect(trigger.count == 2)
        }
    }
    @Test("an agent started anew leaves Kuma alone until its own run: its predecessor's call may go on there")
    func takesOver() async throws {
        let before = try AgentUnderTest()
        try await before.run { try await eventually { try await before.row?.status == .online } }
        let agent = try AgentUnderTest(cluster: before.store.cluster)
        let trigger = ScriptedTrigger([])
        try await agent.run(trigger: trigger) {
            try await eventually { try await agent.row?.agentInstance == agent.instance }
            let beats = agent.store.reports.count
            try await eventually { agent.store.reports.count >= beats + 3 }
            agent.store.cluster.put(MonitorAssignment(id: MonitorID(1), home: NodeReference(agent.node)))
            let later = agent.store.reports.count
            try await eventually { agent.store.reports.count >= later + 8 }
            #expect(trigger.count == 0)
        }
    }
}

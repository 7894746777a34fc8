import ClusterCore
import ClusterStore
import InMemoryClusterStore
import Testing
import Waiting

@testable import AgentCore

/// FactsAboutKuma.md: readings that overlap make a Kuma run a monitor twice. Each of these would let two of them meet.
@Suite("Who asks Kuma to re-read its monitors, and when not")
struct ReconcilingTests {
    /// Until the agent is heard and has seen the list that its node read itself.
    private func settle(_ agent: AgentUnderTest) async throws {
        try await eventually { try await agent.row?.status == .online }
        let beats = agent.store.reports.count
        try await eventually { agent.store.reports.count >= beats + 5 }
    }

    private func addMonitor(_ number: Int64, to agent: AgentUnderTest) {
        agent.store.cluster.put(MonitorAssignment(id: MonitorID(number), home: NodeReference(agent.node)))
    }

    @Test("nothing is asked after a failed beat: another agent may speak for the node by now")
    func afterFailedBeat() async throws {
        let agent = try AgentUnderTest()
        let trigger = ScriptedTrigger([.done])
        try await agent.run(trigger: trigger) {
            try await settle(agent)
            agent.store.refuseReports()
            try await eventually { agent.store.refusedReports >= 1 }
            addMonitor(1, to: agent)
            try await eventually { agent.store.refusedReports >= 8 }
            #expect(trigger.count == 0)
            agent.store.takeReports()
            try await eventually { trigger.count == 1 }
        }
    }

    @Test("of two agents of one node only the one that is heard asks")
    func onlyTheSpeaker() async throws {
        let rival = try AgentUnderTest()
        let agent = try AgentUnderTest(cluster: rival.store.cluster)
        let (heard, unheard) = (ScriptedTrigger([.done]), ScriptedTrigger([.done]))
        try await rival.run(trigger: heard) {
            try await settle(rival)
            try await agent.run(trigger: unheard) {
                try await eventually { agent.probe.count >= 8 }
                addMonitor(1, to: rival)
                try await eventually { heard.count == 1 }
                let probes = agent.probe.count
                try await eventually { agent.probe.count >= probes + 8 }
                #expect(unheard.count == 0)
            }
        }
        #expect(agent.store.reports.isEmpty)
    }

    @Test("calls never overlap: a change during one is asked for after it")
    func oneAtATime() async throws {
        let agent = try AgentUnderTest()
        let trigger = LastingTrigger()
        try await agent.run(trigger: trigger) {
            try await settle(agent)
            addMonitor(1, to: agent)
            try await eventually { trigger.begun == 1 }
            addMonitor(2, to: agent)
            let beats = agent.store.reports.count
            try await eventually { agent.store.reports.count >= beats + 8 }
            #expect(trigger.begun == 1)
            trigger.open()
            try await eventually { trigger.begun == 2 }
        }
        #expect(trigger.mostAtOnce == 1)
    }
}

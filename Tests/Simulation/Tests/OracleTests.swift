import ClusterCore
import ClusterStore
import InMemoryClusterStore
import Testing

@testable import Simulation

/// Tables that stand still, and an oracle that looks at them.
private final class Scene {
    let simulation = Simulation(Scenario(seed: 1))
    let balancer: SimulatedProcess
    private var oracle: Oracle { simulation.oracle }

    init() {
        balancer = SimulatedProcess("lb1", scheduler: simulation.scheduler, origin: ContinuousClock.now)
    }

    func proceed(to moment: Duration) {
        simulation.scheduler.after(moment - simulation.scheduler.now) {}
        simulation.scheduler.run(until: moment) { true }
    }

    func report(_ names: String...) throws {
        for name in names {
            let report = AgentReport(
                node: try NodeID(name), name: name, host: name, isPrimary: false,
                instance: AgentInstance(text: name), version: "test", status: .online, health: .healthy, detail: "200",
                okStreak: 3, failStreak: 0, probeTime: .milliseconds(2), interval: .seconds(2))
            _ = try InMemoryClusterStore(simulation.tables).report(report)
            oracle.nodeWritten(name)
        }
    }

    /// A batch was written on a snapshot of this moment.
    /// - Parameter counts: what each node has to run then.
    func place(_ counts: [String: Int], on receivers: String...) throws -> Invariant? {
        oracle.checkPlacement(
            arrival(snapshotOf: simulation.scheduler.now), Oracle.Look(),
            Dictionary(uniqueKeysWithValues: counts.map { (NodeReference(text: $0), $1) }),
            Set(try receivers.map { try NodeID($0) }))
        return oracle.violation?.invariant
    }

    /// A monitor went from one node to another.
    func move(from: String, to: String, snapshotOf snapshot: Duration) -> Invariant? {
        oracle.checkLeftAlone(
            MonitorID(1), from: NodeReference(text: from), to: NodeReference(text: to), arrival(snapshotOf: snapshot))
        return oracle.violation?.invariant
    }

    private func arrival(snapshotOf snapshot: Duration) -> Arrival {
        Arrival(
            caller: balancer, statement: .poll, sentAt: simulation.scheduler.now, snapshotOf: snapshot, manner: .first)
    }

    func write(adminState text: String, of name: String) throws {
        simulation.tables.writeAdminState(text, of: try NodeID(name))
        oracle.nodeWritten(name)
    }
}

@Suite("Oracle: where monitors may be put while nodes are silent")
struct PlacementOracleTests {
    /// Three nodes: one was silent first, one later, one reports.
    private func partlySilent() throws -> Scene {
        let scene = Scene()
        try scene.report("early", "late", "heard")
        scene.proceed(to: .seconds(1))
        try scene.report("late", "heard")
        scene.proceed(to: .seconds(10))
        try scene.report("heard")
        scene.proceed(to: .seconds(11))
        return scene
    }

    @Test("who fell silent last may be left out, and so may all who are silent")
    func lastOnes() throws {
        #expect(try partlySilent().place(["early": 4, "late": 0, "heard": 4], on: "early", "heard") == nil)
        #expect(try partlySilent().place(["early": 0, "late": 0, "heard": 8], on: "heard") == nil)
        #expect(try partlySilent().place(["early": 3, "late": 3, "heard": 2], on: "early", "late", "heard") == nil)
    }

    @Test("whoever leaves out a node left out those that fell silent after it")
    func firstOnes() throws {
        #expect(try partlySilent().place(["early": 0, "late": 4, "heard": 4], on: "late", "heard") == .placement)
    }

    @Test("where everybody is silent, one that was judged before may be given all; one that fell silent last may not")
    func allSilent() throws {
        func scene() throws -> Scene {
            let scene = try partlySilent()
            scene.proceed(to: .seconds(20))
            return scene
        }
        #expect(try scene().place(["early": 8, "late": 0, "heard": 0], on: "early") == nil)
        #expect(try scene().place(["early": 0, "late": 0, "heard": 8], on: "heard") == .placement)
    }

    @Test("a leader that rests leaves out nobody where everybody is silent")
    func rest() throws {
        let scene = try partlySilent()
        scene.proceed(to: .seconds(20))
        scene.balancer.answers.answered(.poll, by: Result<Void, StoreError>.success(()), at: scene.balancer.instant)
        #expect(scene.balancer.answers.rests(for: Scenario.reportTTL, at: scene.balancer.instant))
        #expect(try scene.place(["early": 8, "late": 0, "heard": 0], on: "early") == .placement)
    }
}

@Suite("Oracle: nodes that are left alone")
struct LeftAloneOracleTests {
    private func quarantined() throws -> Scene {
        let scene = Scene()
        try scene.report("node1", "node2")
        scene.proceed(to: .seconds(5))
        try scene.write(adminState: "quarantine", of: "node2")
        scene.proceed(to: .seconds(10))
        return scene
    }

    @Test("nothing leaves one and nothing comes to it, on a snapshot in which it was one")
    func moves() throws {
        let moment: Duration = .seconds(6)
        #expect(try quarantined().move(from: "node2", to: "node1", snapshotOf: moment) == .leftAlone)
        #expect(try quarantined().move(from: "node1", to: "node2", snapshotOf: moment) == .leftAlone)
        #expect(try quarantined().move(from: "node2", to: "node2", snapshotOf: moment) == nil, "it stays")
        #expect(try quarantined().move(from: "node2", to: "node1", snapshotOf: .seconds(4)) == nil, "nobody knew yet")
        let ended = try quarantined()
        try ended.write(adminState: "active", of: "node2")
        #expect(ended.move(from: "node2", to: "node1", snapshotOf: moment) == nil, "nobody knows of it any more")
    }

    @Test("each word has the standing that Judging gives it, by the oracle's own reading")
    func words() throws {
        let expected: [(String, NodeTrack.Standing)] = [
            ("active", .fit), ("drain", .reserve), ("cordon", .reserve), ("maintenance", .lost),
            ("quarantine", .leftAlone), ("", .leftAlone),
        ]
        #expect(expected.count == AdminState.allCases.count + 2, "a new state needs a standing")
        for (word, standing) in expected {
            let scene = Scene()
            try scene.report("node1")
            try scene.write(adminState: word, of: "node1")
            #expect(scene.simulation.oracle.track(NodeReference(text: "node1")).standing == standing, "\(word)")
        }
    }

    @Test("at the end every row can be read and every state is known, also where one row held both faults")
    func heal() throws {
        let simulation = Simulation(Scenario(seed: 1))
        let node = try #require(simulation.addNode("node1", monitors: 1)?.id)
        simulation.tables.kumaStarts(node)
        simulation.tables.writeStatus("onlien", of: node)
        simulation.tables.writeAdminState("quarantine", of: node)
        #expect(simulation.tables.sight(of: node.text) == .unreadable)
        simulation.heal()
        guard case .present(let record) = simulation.tables.sight(of: node.text) else {
            Issue.record("\(simulation.tables.sight(of: node.text))")
            return
        }
        #expect(record.adminState == .known(.active))
    }
}

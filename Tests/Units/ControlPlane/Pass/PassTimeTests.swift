import ClusterCore
import ClusterStore
import InMemoryClusterStore
import Testing

@testable import ControlPlane

@Suite("A pass in which something takes long")
struct PassTimeTests {
    /// A leader through its first rest, with a node that has just died beside its living agent.
    private func bereft(pacing: PlannedMovePacer.Limits = .none) async throws -> PassWalk {
        let walk = try await PassWalk(pacing: pacing)
        _ = await walk.walk(upTo: 20) { false }
        walk.cluster.kill("node2")
        return walk
    }

    private func isEmpty(_ node: String, in walk: PassWalk) -> Bool {
        !walk.cluster.tables.monitors.contains { $0.effective?.text == node }
    }

    // MARK: The lease

    @Test(
        "a lease that takes as long as its renewal, or longer than a round, keeps no batch from going",
        arguments: [0, 700])
    func slowLease(more: Int) async throws {
        let walk = try await bereft()
        walk.span = { statement in
            statement.kind == .acquireLease ? walk.configuration.leaseRenewal + .milliseconds(more) : .zero
        }
        #expect(await walk.walk(upTo: 20) { isEmpty("node2", in: walk) })
        try walk.cluster.start("node2")
        #expect(await walk.walk(upTo: 40) { walk.cluster.tables.openEntries.isEmpty })
    }

    @Test("a lease that ended while moves were planned moves nothing before it is asked for anew")
    func planningOutlivesLease() async throws {
        let walk = try await bereft()
        var hasPlanned = false
        walk.computing = { statement in
            guard case .record(let events) = statement, events.contains(where: { $0.kind == .nodeOffline }),
                !hasPlanned
            else { return .zero }
            hasPlanned = true
            return .seconds(12)
        }
        #expect(await walk.walk(upTo: 20) { hasPlanned })
        let begun = try #require(walk.asked.lastIndex { $0.kind == .poll })
        #expect(!walk.asked[begun...].contains { $0.moves }, "\(walk.asked[begun...].map(\.kind))")
        #expect(await walk.walk(upTo: 40) { isEmpty("node2", in: walk) })
    }

    // MARK: Computing

    @Test("planning is no part of a batch's time, nor of the time in which batches are written")
    func planning() async throws {
        let walk = try await bereft()
        for id in 101...1_300 {
            walk.cluster.tables.put(MonitorAssignment(id: MonitorID(Int64(id)), home: NodeReference(text: "node2")))
        }
        walk.machine.mover.pace.noteDeadline()
        walk.computing = { $0.kind == .record ? MonitorMover.longestPass + .seconds(1) : .zero }
        #expect(await walk.walk(upTo: 20) { walk.asked.contains { $0.kind == .move } })
        #expect(walk.asked.count { $0.kind == .move } == 2, "both batches in one pass")
        #expect(walk.machine.mover.pace.size > MoveLimits.step, "they were quick")
    }

    @Test("what a balancer computes is no absence of the database, and its pause is shorter by it")
    func computing() async throws {
        let walk = try await PassWalk()
        _ = await walk.walk(upTo: 20) { false }
        let (before, count) = (walk.remarks.count, walk.machine.passes.count)
        walk.computing = { $0.kind == .events ? walk.configuration.outage + .seconds(1) : .zero }
        #expect(await walk.pass() == .rest(.zero))
        #expect(walk.machine.passes.count == count + 1)
        #expect(walk.machine.passes.lastDuration ?? .zero >= walk.configuration.outage)
        await walk.pass()
        #expect(!walk.remarks[before...].contains { $0.text.contains("answers again") })
    }

    @Test("a poll that hangs for longer than an absence is one, and is logged when the database answers again")
    func hangs() async throws {
        let walk = try await PassWalk()
        _ = await walk.walk(upTo: 20) { false }
        let before = walk.remarks.count
        walk.fate = { $0.kind == .poll ? .hangs : .answered }
        await walk.pass()
        walk.fate = { _ in .answered }
        await walk.pass()
        #expect(walk.remarks[before...].contains { $0.text.contains("answers again") })
    }

    @Test("a statement that fails after long computing is no absence")
    func failsAfterComputing() async throws {
        let walk = try await PassWalk()
        _ = await walk.walk(upTo: 20) { false }
        let before = walk.remarks.count
        walk.computing = { $0.kind == .poll ? .seconds(3) : .zero }
        walk.fate = { $0.kind == .events ? .answerIsLost : .answered }
        await walk.cluster.run(for: .seconds(1))
        await walk.pass()
        walk.computing = { _ in .zero }
        walk.fate = { _ in .answered }
        await walk.cluster.run(for: .seconds(2))
        await walk.pass()
        #expect(!walk.remarks[before...].contains { $0.text.contains("answers again") })
    }

    // MARK: Kuma's next reading

    @Test(
        "a step of a rebalancing that was surely not executed takes nobody's place in Kuma's next reading",
        arguments: zip(
            [StoreError.contended(reason: "locked"), .unavailable(reason: "connection reset")], [true, false]))
    func uncounted(error: StoreError, isUndone: Bool) async throws {
        let walk = try await PassWalk(pacing: PlannedMovePacer.Limits())
        for id in 101...140 {
            walk.cluster.tables.put(MonitorAssignment(id: MonitorID(Int64(id)), home: NodeReference(text: "node1")))
        }
        _ = await walk.walk(upTo: 20) { false }
        let order = RebalanceOrder(kind: .rebalance, total: 27, requestedBy: "test")
        _ = try await walk.cluster.store.requestJob(order)
        var batches: [Int] = []
        walk.inspect = { statement, machine, moment in
            guard case .rebalance(let first, _, _) = statement, batches.isEmpty else { return }
            batches.append(first.count)
            // A value: the error is tried on a copy.
            var copy = machine
            _ = copy.failed(error, moment)
            guard let job = copy.snapshot?.orders.job, let snapshot = copy.snapshot else { return }
            let step = copy.rebalancer.plan(job, snapshot, open: [], &copy.mover.pacer, at: moment.wallTime)
            if case .move(let second) = step { batches.append(second.count) }
        }
        #expect(await walk.walk(upTo: 70) { !batches.isEmpty })
        try #require(batches.count == 2)
        #expect(batches[0] > 16)
        #expect((batches[0] == batches[1]) == isUndone, "\(batches)")
    }
}

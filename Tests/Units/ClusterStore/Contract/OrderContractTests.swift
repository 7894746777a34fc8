import ClusterCore
import ClusterStore
import Logging
import PrivateMariaDB
import Testing

@Suite("Jobs, pause and the journal")
struct OrderContractTests {
    private static let order = RebalanceOrder(kind: .rebalance, total: 2, requestedBy: "10.0.0.9")

    private static func plan(_ monitor: Int64, _ from: String, _ to: String) throws -> PlannedMove {
        PlannedMove(monitor: MonitorID(monitor), from: reference(from), to: try node(to), reason: .rebalance)
    }

    @Test("One job at a time, seen by every poll until it ends", arguments: StoreKind.allCases)
    func oneJob(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        #expect(try await cluster.store.poll().orders == StandingOrders())
        let job = try #require(try await cluster.store.requestJob(Self.order))
        #expect(job.state == .pending && job.total == 2 && job.moved == 0 && job.requestedBy == "10.0.0.9")
        #expect(job.requestedAt.hasSuffix("Z") && job.requestedAt.count == 24)
        #expect(try await cluster.store.requestJob(Self.order) == nil)
        #expect(try await cluster.store.poll().orders.job == job)
        let lease = try await cluster.store.lead()
        try await cluster.store.finishJob(job.id, as: .failed(reason: "no node"), under: lease)
        try await cluster.store.finishJob(job.id, as: .done, under: lease)
        let ended = try #require(try await cluster.store.jobs().first)
        #expect(ended.state == .failed && ended.error == "no node" && ended.finishedAt != nil)
        #expect(try await cluster.store.poll().orders.job == nil)
        #expect(try await cluster.store.cancelJob() == nil)
        let next = try #require(try await cluster.store.requestJob(Self.order))
        #expect(try await cluster.store.jobs().map(\.id) == [next.id, job.id])
    }

    @Test("Of several balancers that ask at once, one gets the job")
    func race() async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        let options = cluster.server.rootOptions(database: cluster.database)
        let winners = try await withThrowingTaskGroup(of: RebalanceJob?.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await MariaDBClusterStore(options, logger: Logger(label: "test")).requestJob(Self.order)
                }
            }
            var winners = 0
            for try await job in group where job != nil { winners += 1 }
            return winners
        }
        #expect(winners == 1)
        #expect(try await cluster.store.jobs().count == 1)
    }

    @Test("A rebalance changes the home, in the journal for good, and counts", arguments: StoreKind.allCases)
    func rebalances(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        for id in Int64(1)...4 { try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("a"))) }
        let lease = try await cluster.store.lead()
        // 2 visits b for us, 3 was assigned by a person, 4 by a person over a move of ours.
        _ = try await cluster.store.move(
            [.failover(2, from: "a", to: try node("b")), .failover(4, from: "a", to: try node("b"))], under: lease)
        try await cluster.assign(MonitorID(3), to: reference("a"))
        try await cluster.assign(MonitorID(4), to: reference("a"))
        let job = try #require(try await cluster.store.requestJob(Self.order))
        let step = try await cluster.store.rebalance(
            [
                try Self.plan(1, "a", "b"), try Self.plan(2, "b", "c"), try Self.plan(3, "a", "b"),
                try Self.plan(4, "a", "b"), try Self.plan(5, "a", "b"),
            ], for: job.id, under: lease)
        #expect(step == .moved([MonitorID(1), MonitorID(2)]))
        let monitors = try await cluster.store.assignments()
        #expect(monitors.map { $0.home?.text } == ["b", "c", "a", "a"])
        #expect(monitors.map { $0.assigned?.text } == [nil, nil, "a", "a"])
        #expect(try await cluster.store.openMoves().map(\.monitor) == [MonitorID(4)])
        // Planned before what happened meanwhile: passed over.
        #expect(
            try await cluster.store.rebalance([try Self.plan(1, "a", "c")], for: job.id, under: lease) == .moved([]))
        let running = try #require(try await cluster.store.poll().orders.job)
        #expect(running.state == .running && running.moved == 2 && running.startedAt != nil)

        let journal = try await cluster.store.moves(MoveQuery())
        #expect(journal.map(\.monitor.number).sorted() == [1, 2, 2, 4])
        let settled = try #require(journal.first { $0.monitor == MonitorID(2) && $0.reason == .rebalance })
        #expect(settled.from.text == "b" && settled.to.text == "c" && settled.outcome == .permanent)
        #expect(settled.closedAt != nil && settled.movedAt.hasSuffix("Z"))
        #expect(journal.first { $0.monitor == MonitorID(2) && $0.reason == .failover }?.outcome == .superseded)
    }

    @Test("A cancelled job writes no further batch; neither does an old leader", arguments: StoreKind.allCases)
    func cancels(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        for id in Int64(1)...2 { try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("a"))) }
        let old = try await cluster.store.lead("old")
        let job = try #require(try await cluster.store.requestJob(Self.order))
        #expect(
            try await cluster.store.rebalance([try Self.plan(1, "a", "b")], for: job.id, under: old)
                == .moved([MonitorID(1)]))
        #expect(try await cluster.store.cancelJob()?.isCancelled == true)
        #expect(try await cluster.store.rebalance([try Self.plan(2, "a", "b")], for: job.id, under: old) == .stopped)
        try await cluster.age(by: .seconds(11))
        let new = try await cluster.store.lead("new")
        await #expect(throws: StoreError.leaseLost) {
            try await cluster.store.rebalance([try Self.plan(2, "a", "b")], for: job.id, under: old)
        }
        await #expect(throws: StoreError.leaseLost) {
            try await cluster.store.finishJob(job.id, as: .done, under: old)
        }
        try await cluster.store.finishJob(job.id, as: .cancelled, under: new)
        #expect(try await cluster.store.jobs().first?.state == .cancelled)
        #expect(try await cluster.monitor(MonitorID(2))?.home == reference("a"))
    }

    @Test("The list of jobs is bounded", arguments: StoreKind.allCases)
    func bounded(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let lease = try await cluster.store.lead()
        for _ in 0...JobLimits.kept {
            let job = try #require(try await cluster.store.requestJob(Self.order))
            try await cluster.store.finishJob(job.id, as: .done, under: lease)
        }
        #expect(try await cluster.store.jobs().count == JobLimits.kept)
    }

    @Test("A pause is told by the poll, can be changed, and ends by order or in time", arguments: StoreKind.allCases)
    func pauses(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        #expect(try await cluster.store.resume(.any) == false)
        let reason = String(repeating: "維", count: 300)
        try await cluster.store.pause(PauseOrder(by: "me", reason: reason, until: .seconds(4_000_000_000)))
        let pause = try #require(try await cluster.store.poll().orders.activePause)
        #expect(pause.by == "me" && pause.reason.count == 200 && pause.until == .seconds(4_000_000_000))
        #expect(try #require(pause.remaining) > .zero)
        #expect(try await cluster.store.resume(.overdue) == false)

        try await cluster.store.pause(PauseOrder(by: "you", reason: "", until: .milliseconds(1_700_000_000_123)))
        let over = try await cluster.store.poll().orders
        #expect(over.pause?.until == .milliseconds(1_700_000_000_123) && over.activePause == nil)
        #expect(try await cluster.store.resume(.overdue))
        #expect(try await cluster.store.poll().orders.pause == nil)

        try await cluster.store.pause(PauseOrder(by: "you", reason: "", until: .milliseconds(1_700_000_000_123)))
        try await cluster.store.pause(PauseOrder(by: "you", reason: "upgrade"))
        #expect(try await cluster.store.poll().orders.activePause == Pause(by: "you", reason: "upgrade"))
        #expect(try await cluster.store.resume(.overdue) == false)
        #expect(try await cluster.store.resume(.any))
        #expect(try await cluster.store.poll().orders == StandingOrders())
    }

    @Test("Once a pause was written nothing moves, whatever was planned before it", arguments: StoreKind.allCases)
    func pauseIsFence(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        for id in Int64(1)...3 { try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("a"))) }
        let lease = try await cluster.store.lead()
        _ = try await cluster.store.move([.failover(1, from: "a", to: try node("b"))], under: lease)
        let open = try await cluster.store.openMoves()
        let job = try #require(try await cluster.store.requestJob(Self.order))
        let before = try await cluster.store.assignments()
        try await cluster.store.pause(PauseOrder(by: "me", reason: "", until: .seconds(4_000_000_000)))
        #expect(try await cluster.store.move([.failover(2, from: "a", to: try node("b"))], under: lease).isEmpty)
        #expect(try await cluster.store.returnHome(open, under: lease).isEmpty)
        #expect(try await cluster.store.rebalance([try Self.plan(3, "a", "b")], for: job.id, under: lease) == .stopped)
        #expect(try await cluster.store.assignments() == before)
        #expect(try await cluster.store.openMoves() == open)
        try await cluster.store.pause(PauseOrder(by: "me", reason: "", until: .milliseconds(1_700_000_000_123)))
        #expect(try await cluster.store.returnHome(open, under: lease) == [MonitorID(1)])
        try await cluster.store.pause(PauseOrder(by: "me", reason: ""))
        #expect(try await cluster.store.move([.failover(2, from: "a", to: try node("b"))], under: lease).isEmpty)
    }

    @Test("The journal pages, by node and by reason", arguments: StoreKind.allCases)
    func journal(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let (b, c) = (try node("b"), try node("c"))
        for id in Int64(1)...3 { try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("a"))) }
        let lease = try await cluster.store.lead()
        _ = try await cluster.store.move(
            [.failover(1, from: "a", to: b), .failover(2, from: "a", to: b)], under: lease)
        _ = try await cluster.store.move(
            [PlannedMove(monitor: MonitorID(3), from: reference("a"), to: c, reason: .maintenance)], under: lease)
        let all = try await cluster.store.moves(MoveQuery())
        #expect(all.map(\.monitor.number) == [3, 2, 1])
        #expect(all.allSatisfy { $0.closedAt == nil && $0.outcome == nil })
        let page = try await cluster.store.moves(MoveQuery(limit: 2))
        #expect(page == Array(all.prefix(2)))
        #expect(try await cluster.store.moves(MoveQuery(limit: 2, before: page.last?.id)) == Array(all.suffix(1)))
        #expect(try await cluster.store.moves(MoveQuery(node: c)).map(\.monitor.number) == [3])
        #expect(try await cluster.store.moves(MoveQuery(node: try node("a"))).count == 3)
        #expect(try await cluster.store.moves(MoveQuery(reason: .failover)).count == 2)
    }
}

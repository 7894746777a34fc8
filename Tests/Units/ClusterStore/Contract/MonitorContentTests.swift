import ClusterCore
import ClusterStore
import MariaDB
import Testing
import Waiting

@Suite("What an agent sees of edited monitors")
struct MonitorContentTests {
    private let one = MonitorID(1)

    /// Kuma's own columns are more than the cluster's tests need, and differ by version.
    private func cluster() async throws -> MariaDBTestCluster {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        try await cluster.sql.execute("ALTER TABLE monitor ADD headers LONGTEXT NULL")
        for id in 1...3 as ClosedRange<Int64> {
            try await cluster.put(MonitorAssignment(id: MonitorID(id), home: reference("node1")))
        }
        return cluster
    }

    @Test(
        "every column counts, and NULL is no text",
        arguments: [
            "UPDATE monitor SET url = 'http://b/' WHERE id = 1", "UPDATE monitor SET url = '' WHERE id = 1",
            "UPDATE monitor SET url = 'NULL' WHERE id = 1", "UPDATE monitor SET `interval` = 60 WHERE id = 1",
            "UPDATE monitor SET headers = '{}' WHERE id = 1", "UPDATE monitor SET url = 'a', name = '' WHERE id = 1",
        ] as [Statement])
    func columns(edit: Statement) async throws {
        let cluster = try await cluster()
        let before = try await cluster.store.contents(ofMonitorsRunBy: try node("node1")).byMonitor
        #expect(before.count == 3)
        try await cluster.sql.execute(edit)
        let after = try await cluster.store.contents(ofMonitorsRunBy: try node("node1")).byMonitor
        #expect(after.filter { before[$0.key] != $0.value }.keys.sorted() == [one])
    }

    @Test("a move changes who sees a monitor, not what it holds; a paused one is nobody's")
    func moves() async throws {
        let cluster = try await cluster()
        let before = try await cluster.store.contents(ofMonitorsRunBy: try node("node1")).byMonitor
        try await cluster.assign(one, to: reference("node2"))
        #expect(
            try await cluster.store.contents(ofMonitorsRunBy: try node("node2")).byMonitor == [
                one: try #require(before[one])
            ])
        #expect(try await cluster.store.contents(ofMonitorsRunBy: try node("node1")).byMonitor.count == 2)
        try await cluster.put(MonitorAssignment(id: one, isActive: false, home: reference("node2")))
        #expect(try await cluster.store.contents(ofMonitorsRunBy: try node("node2")).byMonitor.isEmpty)
    }

    @Test("a write to the table shows in a look; a beat's own writes do not")
    func looks() async throws {
        let cluster = try await cluster()
        let before = try await cluster.store.monitorWrites()
        let first = try #require(before.lastWrite)
        #expect((0...60).contains(before.now - first))
        _ = try await cluster.store.report(.beat(try node("node1")))
        #expect(try await cluster.store.monitorWrites().lastWrite == first)
        // It counts whole seconds, by a clock that may be some milliseconds late.
        try await eventually { try await cluster.store.monitorWrites().now > first + 1 }
        try await cluster.sql.execute("UPDATE monitor SET url = 'http://b/' WHERE id = 1")
        #expect(try #require(try await cluster.store.monitorWrites().lastWrite) > first)
    }

    @Test("an announcement reaches every agent, the last one counts, and it is no pause")
    func announcements() async throws {
        let cluster = try await cluster()
        #expect(try await cluster.store.monitorWrites().edit == nil)
        for mark in [EditMark(text: "a"), EditMark(text: "b")] {
            try await cluster.store.announceEdit(mark)
            #expect(try await cluster.store.monitorWrites().edit == mark)
        }
        #expect(try await cluster.store.poll().orders.pause == nil)
    }
}

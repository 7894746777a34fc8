import ClusterCore
import ClusterStore
import InMemoryClusterStore
import Testing

@Suite("Poll and history")
struct PollContractTests {
    @Test("The poll reads nodes in order and rejects what nobody can understand", arguments: StoreKind.allCases)
    func nodes(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        for name in ["node2", "node1", "node3"] { try await cluster.kumaStarts(try node(name), host: "\(name):3001") }
        try await cluster.writeStatus("exploded", of: try node("node3"))
        let answer = try await cluster.store.poll()
        #expect(answer.nodes.map(\.id.text) == ["node1", "node2"])
        #expect(answer.nodes.first?.address == NodeAddress(host: "node1", port: 3001))
        #expect(answer.rejectedRows.count == 1)
        #expect(answer.rejectedRows.first?.contains("exploded") == true)
        #expect(answer.rejectedRows.first?.contains("node3") == true)
        let seen = try #require(answer.nodes.first?.lastSeen)
        #expect(seen.utf8.count == 20 && seen.hasSuffix("Z"))
    }

    @Test("Set-up is pending until the first user exists", arguments: StoreKind.allCases)
    func setUp(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        #expect(try await cluster.store.poll().isSetUp)
        try await cluster.setUp(.pending)
        #expect(try await cluster.store.poll().isSetUp == false)
        try await cluster.setUp(.done)
        #expect(try await cluster.store.poll().isSetUp)
    }

    @Test(
        "The fingerprint changes with each part of an assignment, and with nothing else", arguments: StoreKind.allCases)
    func fingerprint(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let variants: [[MonitorAssignment]] = [
            [],
            [MonitorAssignment(id: MonitorID(11), home: reference("node1"))],
            [MonitorAssignment(id: MonitorID(11), isActive: false, home: reference("node1"))],
            [MonitorAssignment(id: MonitorID(11), home: nil, assigned: reference("node1"))],
            [MonitorAssignment(id: MonitorID(11), home: reference("node1"), assigned: reference(""))],
            [MonitorAssignment(id: MonitorID(11), home: reference("node1"), assigned: reference("node1"))],
            [
                MonitorAssignment(id: MonitorID(11), home: reference("node1"), assigned: reference("node1")),
                MonitorAssignment(id: MonitorID(12), home: reference("node1"), assigned: reference("node1")),
            ],
            // Both move alike: a plain XOR of CRCs would not notice.
            [
                MonitorAssignment(id: MonitorID(11), home: reference("node1"), assigned: reference("node2")),
                MonitorAssignment(id: MonitorID(12), home: reference("node1"), assigned: reference("node2")),
            ],
        ]
        var seen: Set<AssignmentFingerprint> = []
        for variant in variants {
            for monitor in variant { try await cluster.put(monitor) }
            let fingerprint = try await cluster.store.poll().fingerprint
            #expect(seen.insert(fingerprint).inserted, "\(variant)")
            #expect(try await cluster.store.poll().fingerprint == fingerprint)
        }
        #expect(try await cluster.store.assignments() == variants.last)
    }

    @Test("Events come newest first, by page, node and kind", arguments: StoreKind.allCases)
    func events(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let (one, two) = (try node("node1"), try node("node2"))
        try await cluster.store.record([
            ClusterEvent(.nodeOnline, node: one, detail: "1"), ClusterEvent(.nodeOffline, node: two, detail: "2"),
            ClusterEvent(.leaderElected, detail: "3"), ClusterEvent(.nodeOffline, node: one, detail: "4"),
        ])
        let all = try await cluster.store.events(EventQuery())
        #expect(all.map(\.event.detail) == ["4", "3", "2", "1"])
        #expect(all.first?.at.utf8.count == 24)
        let page = try await cluster.store.events(EventQuery(limit: 2, before: try #require(all.first).id))
        #expect(page.map(\.event.detail) == ["3", "2"])
        #expect(try await cluster.store.events(EventQuery(node: one)).map(\.event.detail) == ["4", "1"])
        #expect(try await cluster.store.events(EventQuery(kind: .nodeOffline)).map(\.event.detail) == ["4", "2"])
    }

    @Test("The history keeps its newest ten thousand events", arguments: StoreKind.allCases)
    func trims(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let events = (1...HistoryLimits.events + 5).map { ClusterEvent(.nodeOnline, detail: "\($0)") }
        for start in stride(from: 0, to: events.count, by: 2_001) {
            try await cluster.store.record(Array(events[start..<min(start + 2_001, events.count)]))
        }
        var (count, last) = (0, nil as RecordedEvent?)
        while true {
            let page = try await cluster.store.events(EventQuery(limit: HistoryLimits.page, before: last?.id))
            guard let oldest = page.last else { break }
            (count, last) = (count + page.count, oldest)
        }
        #expect(count == HistoryLimits.events)
        #expect(last?.event.detail == "6")
    }

    @Test("Balancers are listed until unseen for an hour", arguments: StoreKind.allCases)
    func balancers(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let one = BalancerPresence(id: BalancerID(text: "one"), address: "10.0.0.1:8084", version: "1")
        let two = BalancerPresence(id: BalancerID(text: "two"), address: "10.0.0.2:8084", version: "1")
        try await cluster.store.announce(one)
        try await cluster.age(by: .seconds(60))
        try await cluster.store.announce(two)
        let both = try await cluster.store.balancers()
        #expect(both.map(\.presence) == [one, two])
        #expect(try #require(both.first).lastSeenAge >= .seconds(60))
        try await cluster.age(by: .seconds(3_590))
        try await cluster.store.announce(two)
        #expect(try await cluster.store.balancers().map(\.presence) == [two])
    }
}

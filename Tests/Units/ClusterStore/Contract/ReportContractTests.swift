import ClusterCore
import ClusterStore
import Testing

@Suite("Reports")
struct ReportContractTests {
    @Test("A first report registers the node, the next ones write it", arguments: StoreKind.allCases)
    func registers(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        #expect(try await cluster.store.report(.beat(id)).outcome == .registered)
        #expect(try await cluster.store.report(.beat(id)).outcome == .written)
        let record = try #require(try await cluster.store.node(id))
        #expect(record.status == .online)
        #expect(record.host == "kuma:3001")
        #expect(record.agentHealth == .healthy)
        #expect(record.agentInstance?.text == "a")
        #expect(record.probeTime == .milliseconds(7))
        #expect(record.agentInterval == .milliseconds(2_500))
        #expect(record.okStreak == 3)
        #expect(try #require(record.reportAge) < .seconds(5))
        #expect(try #require(record.statusAge) < .seconds(5))
    }

    @Test("The report counts the active monitors the node effectively runs", arguments: StoreKind.allCases)
    func counts(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: reference("node1")))
        try await cluster.put(
            MonitorAssignment(id: MonitorID(2), home: reference("node2"), assigned: reference("node1")))
        try await cluster.put(
            MonitorAssignment(id: MonitorID(3), home: reference("node1"), assigned: reference("node2")))
        try await cluster.put(MonitorAssignment(id: MonitorID(4), isActive: false, home: reference("node1")))
        try await cluster.put(MonitorAssignment(id: MonitorID(5), home: reference("node1"), assigned: reference("")))
        try await cluster.put(MonitorAssignment(id: MonitorID(6), home: nil))
        let first = try await cluster.store.report(.beat(id))
        #expect(first.mark == MonitorsMark(of: [MonitorID(1), MonitorID(2)]))
        #expect(try await cluster.store.node(id)?.monitorCount == 2)
        #expect(try await cluster.store.monitors(runBy: id) == [MonitorID(1), MonitorID(2)])
        try await cluster.assign(MonitorID(3), to: nil)
        #expect(
            try await cluster.store.recountMonitors() == [MonitorRecount(node: id, before: 2, after: 3)])
        let changed = try await cluster.store.report(.beat(id))
        #expect(changed.mark == MonitorsMark(of: [MonitorID(1), MonitorID(2), MonitorID(3)]))
        #expect(changed.mark != first.mark)
        #expect(try await cluster.store.node(id)?.monitorCount == 3)
    }

    @Test("A second live agent is a named conflict and writes nothing", arguments: StoreKind.allCases)
    func conflict(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        _ = try await cluster.store.report(.beat(id, "first"))
        let second = try await cluster.store.report(.beat(id, "second", status: .offline))
        #expect(second.mark == nil)
        guard case .conflict(let owner, let age) = second.outcome else {
            Issue.record("expected a conflict")
            return
        }
        #expect(owner.text == "first")
        #expect(age < .seconds(8))
        #expect(try await cluster.store.node(id)?.status == .online)
        try await cluster.age(by: .seconds(9))
        #expect(try await cluster.store.report(.beat(id, "second")).outcome == .written)
        #expect(try await cluster.store.node(id)?.agentInstance?.text == "second")
    }

    @Test("A report from the future owns no row, and a balancer may speak over it", arguments: StoreKind.allCases)
    func future(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        _ = try await cluster.store.report(.beat(id, "first"))
        try await cluster.age(by: .seconds(-3_600))
        let lease = try await cluster.store.lead()
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: lease))
        #expect(try await cluster.store.report(.beat(id, "second")).outcome == .written)
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: lease) == false)
    }

    @Test("A poll tells the database's time", arguments: StoreKind.allCases)
    func time(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let first = try #require(try await cluster.store.poll().time)
        let second = try #require(try await cluster.store.poll().time)
        // Some day in this century, and on the way forward.
        #expect(first > .seconds(1_700_000_000) && second >= first && second - first < .seconds(60))
    }

    @Test("A detached agent's row is free at once, and only its owner detaches it", arguments: StoreKind.allCases)
    func detach(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        _ = try await cluster.store.report(.beat(id, "first"))
        try await cluster.store.detach(id, instance: AgentInstance(text: "other"))
        #expect(try await cluster.store.node(id)?.agentHealth == .healthy)
        try await cluster.store.detach(id, instance: AgentInstance(text: "first"))
        #expect(try await cluster.store.node(id)?.agentHealth == .detached)
        #expect(try await cluster.store.report(.beat(id, "second")).outcome == .written)
    }

    @Test("status_since follows our verdicts and not what Kuma writes at its start", arguments: StoreKind.allCases)
    func statusSince(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        _ = try await cluster.store.report(.beat(id, status: .offline))
        try await cluster.age(by: .seconds(100))
        try await cluster.kumaStarts(id, host: "kuma:3001")
        #expect(try await cluster.store.node(id)?.status == .online)
        _ = try await cluster.store.report(.beat(id, status: .offline))
        #expect(try await cluster.store.node(id)?.status == .offline)
        #expect(try #require(try await cluster.store.node(id)?.statusAge) >= .seconds(100))
        _ = try await cluster.store.report(.beat(id, status: .recovering))
        #expect(try #require(try await cluster.store.node(id)?.statusAge) < .seconds(5))
    }

    @Test("A row that Kuma made is adopted, and its empty host is mended", arguments: StoreKind.allCases)
    func adopts(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        try await cluster.kumaStarts(id, host: nil)
        #expect(try await cluster.store.node(id)?.reportAge == nil)
        #expect(try await cluster.store.node(id)?.statusAge == nil)
        #expect(try await cluster.store.report(.beat(id)).outcome == .written)
        #expect(try await cluster.store.node(id)?.host == "kuma:3001")
        #expect(try await cluster.store.node(id)?.name == "node1")
    }

    @Test("A host that a person set replaces the row's, whoever wrote that, and once", arguments: StoreKind.allCases)
    func replacesHost(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        let registered = try await cluster.store.report(.beat(id, host: "typo.invalid:3001", hostPrecedence: .agent))
        #expect(registered.outcome == .registered && registered.replacedHost == nil)
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: reference("node1")))
        let corrected = try await cluster.store.report(.beat(id, host: "kuma1:3001", hostPrecedence: .agent))
        #expect(corrected.outcome == .written && corrected.replacedHost == "typo.invalid:3001")
        #expect(corrected.mark == MonitorsMark(of: [MonitorID(1)]))
        #expect(try await cluster.store.node(id)?.host == "kuma1:3001")
        #expect(
            try await cluster.store.report(.beat(id, host: "kuma1:3001", hostPrecedence: .agent)).replacedHost == nil)
        try await cluster.kumaStarts(id, host: "localhost:3001")
        let over = try await cluster.store.report(.beat(id, host: "kuma1:3001", hostPrecedence: .agent))
        #expect(over.outcome == .written && over.replacedHost == "localhost:3001")
        #expect(try await cluster.store.node(id)?.host == "kuma1:3001")
    }

    @Test("A host that the agent guessed replaces nothing", arguments: StoreKind.allCases)
    func guessedHost(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        try await cluster.kumaStarts(id, host: "kuma1:3001")
        let answer = try await cluster.store.report(.beat(id, host: "container-7f3a:3001"))
        #expect(answer.outcome == .written && answer.replacedHost == nil)
        #expect(try await cluster.store.node(id)?.host == "kuma1:3001")
    }

    @Test(
        "An empty host is filled by a person's, and the row of another live agent keeps its own",
        arguments: StoreKind.allCases)
    func hostOfOthers(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let (empty, owned) = (try node("node1"), try node("node2"))
        try await cluster.kumaStarts(empty, host: nil)
        #expect(try await cluster.store.report(.beat(empty, host: "a:1", hostPrecedence: .agent)).replacedHost == "")
        #expect(try await cluster.store.node(empty)?.host == "a:1")
        _ = try await cluster.store.report(.beat(owned, "first", host: "b:1"))
        let rival = try await cluster.store.report(.beat(owned, "second", host: "c:1", hostPrecedence: .agent))
        guard case .conflict(let owner, _) = rival.outcome else {
            Issue.record("expected a conflict: \(rival)")
            return
        }
        #expect(owner.text == "first" && rival.replacedHost == nil)
        #expect(try await cluster.store.node(owned)?.host == "b:1")
        try await cluster.age(by: .seconds(9))
        let heir = try await cluster.store.report(.beat(owned, "second", host: "c:1", hostPrecedence: .agent))
        #expect(heir.outcome == .written && heir.replacedHost == "b:1")
    }

    @Test("Values that look like SQL stay data", arguments: StoreKind.allCases)
    func injection(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        let nasty = "'); DROP TABLE node; -- \\ \" ` % \u{1F600} \u{7} ?"
        _ = try await cluster.store.report(.beat(id, detail: nasty))
        #expect(try await cluster.store.node(id)?.agentDetail == nasty)
        try await cluster.store.record([ClusterEvent(.nodeOnline, node: id, detail: nasty)])
        #expect(try await cluster.store.events(EventQuery()).first?.event.detail == nasty)
        let odd = reference("x' OR '1'='1\\\"")
        try await cluster.put(MonitorAssignment(id: MonitorID(1), home: reference("node2"), assigned: odd))
        let lease = try await cluster.store.lead()
        let move = PlannedMove(monitor: MonitorID(1), from: odd, to: id, reason: .failover)
        #expect(try await cluster.store.move([move], under: lease) == [MonitorID(1)])
        let open = try await cluster.store.openMoves()
        #expect(open.first?.previousAssigned == odd)
        #expect(try await cluster.store.returnHome(open, under: lease) == [MonitorID(1)])
        #expect(try await cluster.monitor(MonitorID(1))?.assigned == odd)
    }

    @Test("A person's decision is written for known nodes only", arguments: StoreKind.allCases)
    func adminState(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        #expect(try await cluster.store.setAdminState(.drain, of: id) == false)
        try await cluster.kumaStarts(id, host: "a:1")
        #expect(try await cluster.store.setAdminState(.drain, of: id))
        #expect(try await cluster.store.setAdminState(.drain, of: id))
        _ = try await cluster.store.report(.beat(id))
        try await cluster.kumaStarts(id, host: "a:1")
        #expect(try await cluster.store.node(id)?.adminState == .known(.drain))
    }

    @Test(
        "A state of a later version is read as it stands, and nobody but a person ends it",
        arguments: StoreKind.allCases)
    func laterAdminState(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        _ = try await cluster.store.report(.beat(id))
        try await cluster.writeAdminState("quarantine", of: id)
        let answer = try await cluster.store.poll()
        #expect(answer.rejectedRows.isEmpty)
        #expect(answer.nodes.map(\.adminState) == [.unknown("quarantine")])
        _ = try await cluster.store.report(.beat(id, status: .offline))
        try await cluster.kumaStarts(id, host: "a:1")
        try await cluster.age(by: .seconds(9))
        let lease = try await cluster.store.lead()
        #expect(try await cluster.store.speak(.verdict(.offline, of: id), under: lease))
        #expect(try await cluster.store.node(id)?.adminState == .unknown("quarantine"))
        #expect(try await cluster.store.setAdminState(.active, of: id))
        #expect(try await cluster.store.node(id)?.adminState == .known(.active))
    }

    @Test("A text that is too long for its column is cut, and never stops a beat", arguments: StoreKind.allCases)
    func longDetail(kind: StoreKind) async throws {
        let cluster = try await kind.makeCluster()
        let id = try node("node1")
        // One character for Swift, seven for the database.
        let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}"
        let long = String(repeating: family, count: 150)
        #expect(try await cluster.store.report(.beat(id, detail: long)).outcome == .registered)
        #expect(try await cluster.store.node(id)?.agentDetail?.unicodeScalars.count == 200)
        try await cluster.age(by: .seconds(9))
        let lease = try await cluster.store.lead()
        let verdict = SpokenStatus(
            node: id, status: .offline, okStreak: 0, failStreak: 3,
            detail: "no report for 9 s; the leader found: " + String(repeating: "x", count: 200),
            silentFor: .seconds(8))
        #expect(try await cluster.store.speak(verdict, under: lease))
        #expect(try await cluster.store.node(id)?.agentDetail?.count == 200)
        try await cluster.store.record([ClusterEvent(.nodeOffline, node: id, detail: long)])
        let event = try #require(try await cluster.store.events(EventQuery(limit: 1)).first)
        #expect(event.event.detail.unicodeScalars.count == 500)
    }
}

import ClusterCore
import ControlPlane
import Synchronization
import Testing

@Suite("The probe board")
struct ProbeBoardTests {
    let start = ContinuousClock.now
    let good = ProbeResult(finding: .healthy, detail: "200", duration: .zero)
    let bad = ProbeResult(finding: .unhealthy, detail: "refused", duration: .zero)

    private func board(_ names: [String], inFlight: Int = 100) throws -> ProbeBoard {
        let limits = ProbeBoard.Limits(
            judge: HealthJudge.Limits(), timeout: .seconds(5), suspectTimeout: .seconds(1), inFlight: inFlight)
        var board = ProbeBoard(limits: limits)
        board.follow(try nodes(names), now: start)
        return board
    }

    private func nodes(_ names: [String], port: Int = 3001) throws -> [NodeRecord] {
        try names.map { NodeRecord(id: try NodeID($0), name: $0, host: "\($0):\(port)") }
    }

    @Test("a node is probed at once, then every 2 s, then every 0.5 s and impatiently while it fails")
    func pace() throws {
        var board = try board(["a"])
        let node = try NodeID("a")
        let first = try #require(board.take(now: start).first)
        #expect(first.timeout == .seconds(5))
        #expect(board.take(now: start + .seconds(3)).isEmpty, "one probe of a node at a time")
        _ = board.record(good, for: first, now: start, draw: 0.5)
        #expect(board.take(now: start + .seconds(1.9)).isEmpty)
        var now = start + .seconds(2)
        for expected in [Duration.seconds(5), .seconds(1), .seconds(1)] {
            let request = try #require(board.take(now: now).first)
            #expect(request.timeout == expected)
            _ = board.record(bad, for: request, now: now, draw: 0.5)
            now += .milliseconds(500)
        }
        #expect(board.finding(of: node)?.status == .offline)
    }

    @Test("suspicion abandons a patient probe, whose late answer is dropped")
    func hurry() throws {
        var board = try board(["a"])
        let node = try NodeID("a")
        let patient = try #require(board.take(now: start).first)
        board.hurry(node, now: start)
        let quick = try #require(board.take(now: start).first)
        #expect(quick.timeout == .seconds(1))
        #expect(board.record(bad, for: patient, now: start, draw: 0.5) == nil)
        #expect(board.finding(of: node) == nil)
        #expect(board.record(good, for: quick, now: start, draw: 0.5)?.routing == .unchanged)
    }

    @Test("a name whose addresses alternate keeps no dead node from being judged; a good new address is believed")
    func alternatingName() throws {
        var board = try board(["a"])
        let node = try NodeID("a")
        var requests: [ProbeBoard.Request] = []
        for second in 0..<5 {
            let now = start + .seconds(second)
            board.recheck("a", now: now)
            requests += board.take(now: now)
        }
        #expect(requests.count == 5)
        #expect(board.record(good, for: requests[0], now: start, draw: 0.5) == nil, "it is not there any more")
        for request in requests[1...3] { _ = board.record(bad, for: request, now: start, draw: 0.5) }
        #expect(board.finding(of: node)?.status == .offline && board.ownership(of: node)?.status == .offline)

        board = try self.board(["a"])
        let before = try #require(board.take(now: start).first)
        board.recheck("a", now: start)
        let after = try #require(board.take(now: start).first)
        _ = board.record(good, for: after, now: start, draw: 0.5)
        #expect(board.record(bad, for: before, now: start, draw: 0.5) == nil)
        #expect(board.finding(of: node)?.failStreak == 0)
    }

    @Test("never more probes in flight than allowed, and nobody is forgotten")
    func bounded() throws {
        var board = try board(["a", "b", "c", "d", "e"], inFlight: 2)
        var seen: [String] = []
        while true {
            let requests = board.take(now: start)
            guard !requests.isEmpty else { break }
            #expect(requests.count == 2 || seen.count == 4)
            #expect(board.take(now: start).isEmpty)
            for request in requests {
                seen.append(request.node.text)
                _ = board.record(good, for: request, now: start, draw: 0.5)
            }
        }
        #expect(seen == ["a", "b", "c", "d", "e"])
    }

    @Test("a node that is gone, or moved to another address, is judged anew")
    func follow() throws {
        var board = try board(["a"])
        let request = try #require(board.take(now: start).first)
        _ = board.record(bad, for: request, now: start, draw: 0.5)
        board.follow(try nodes(["a"], port: 3002), now: start)
        #expect(board.finding(of: try NodeID("a")) == nil)
        board.follow([], now: start)
        #expect(board.take(now: start + .seconds(9)).isEmpty)
    }

    @Test("suspicion gives a slow node twice the time of its last good answer, and one that is offline the whole")
    func slowNode() throws {
        var board = try board(["a"])
        let node = try NodeID("a")
        let slow = ProbeResult(finding: .healthy, detail: "200", duration: .milliseconds(1_400))
        var request = try #require(board.take(now: start).first)
        _ = board.record(slow, for: request, now: start, draw: 0.5)
        board.hurry(node, now: start)
        request = try #require(board.take(now: start).first)
        #expect(request.timeout == .milliseconds(2_800))
        _ = board.record(bad, for: request, now: start, draw: 0.5)
        for _ in 0..<2 {
            request = try #require(board.take(now: start + .seconds(9)).first)
            #expect(request.timeout == .milliseconds(2_800))
            _ = board.record(bad, for: request, now: start, draw: 0.5)
        }
        #expect(board.finding(of: node)?.status == .offline)
        for _ in 0..<3 {
            request = try #require(board.take(now: start + .seconds(9)).first)
            #expect(request.timeout == .seconds(5), "a good answer that takes long ends it, too")
            _ = board.record(slow, for: request, now: start, draw: 0.5)
        }
        #expect(board.finding(of: node)?.status == .online)
    }

    @Test("a stranger's good answer counts for routing and never for the node; of one that is unsure nothing is said")
    func strangers() throws {
        var board = try board(["a"])
        let node = try NodeID("a")
        var now = start
        func answer(_ result: ProbeResult, _ belief: AddressClaims.Verdict) throws -> ProbeBoard.Recording? {
            now += .seconds(3)
            let request = try #require(board.take(now: now).first)
            return board.record(result, for: request, belief, now: now, draw: 0.5)
        }
        _ = try answer(good, .unsure)
        #expect(board.ownership(of: node) == nil && board.finding(of: node)?.status == .online)
        for _ in 0..<2 { _ = try answer(good, .foreign("it is b")) }
        #expect(try answer(good, .foreign("it is b"))?.ownership == .became(.offline))
        #expect(board.finding(of: node)?.status == .online)
        #expect(board.ownership(of: node)?.status == .offline)
        #expect(board.ownership(of: node)?.last.detail == "it is b")
        for _ in 0..<9 { _ = try answer(good, .unsure) }
        #expect(board.ownership(of: node)?.status == .offline, "nobody gets anything back for want of knowledge")
        for _ in 0..<3 { _ = try answer(good, .own) }
        #expect(board.ownership(of: node)?.status == .online)
        for _ in 0..<3 { _ = try answer(bad, .unsure) }
        #expect(board.ownership(of: node)?.status == .offline, "silence is the node's own, whoever else is there")
    }

    @Test("real look-ups: numbers, localhost, and a name that cannot exist", .timeLimit(.minutes(1)))
    func lookups() async {
        #expect(HostLookup.addresses(of: "127.0.0.2") == .found([.ipv4(octets: 0x7F00_0002, port: 0)]))
        #expect(HostLookup.addresses(of: "::1") == .found([.ipv6(high: 0, low: 1, port: 0, scope: 0)]))
        let answer = await withCheckedContinuation { continuation in
            HostLookup.start("localhost") { continuation.resume(returning: $0) }
        }
        switch answer {
        case .found(let addresses): #expect(addresses.contains(.ipv4(octets: 0x7F00_0001, port: 0)))
        case .failed(let reason): Issue.record("localhost does not resolve: \(reason)")
        }
        switch HostLookup.addresses(of: "no-such-host.invalid") {
        case .found: Issue.record(".invalid resolved")
        case .failed: break
        }
    }
}

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
            let order = try #require(board.take(now: now).first)
            #expect(order.timeout == expected)
            _ = board.record(bad, for: order, now: now, draw: 0.5)
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
        #expect(board.record(good, for: quick, now: start, draw: 0.5) == .unchanged)
    }

    @Test("never more probes in flight than allowed, and nobody is forgotten")
    func bounded() throws {
        var board = try board(["a", "b", "c", "d", "e"], inFlight: 2)
        var seen: [String] = []
        while true {
            let orders = board.take(now: start)
            guard !orders.isEmpty else { break }
            #expect(orders.count == 2 || seen.count == 4)
            #expect(board.take(now: start).isEmpty)
            for order in orders {
                seen.append(order.node.text)
                _ = board.record(good, for: order, now: start, draw: 0.5)
            }
        }
        #expect(seen == ["a", "b", "c", "d", "e"])
    }

    @Test("a node that is gone, or moved to another address, is judged anew")
    func follow() throws {
        var board = try board(["a"])
        let order = try #require(board.take(now: start).first)
        _ = board.record(bad, for: order, now: start, draw: 0.5)
        board.follow(try nodes(["a"], port: 3002), now: start)
        #expect(board.finding(of: try NodeID("a")) == nil)
        board.follow([], now: start)
        #expect(board.take(now: start + .seconds(9)).isEmpty)
    }

    @Test("the address book keeps the last good address, and one address of several")
    func addresses() throws {
        var book = AddressBook(interval: .seconds(30), deadline: .seconds(5))
        let address = NodeAddress(host: "kuma1", port: 3001)
        let (one, two) = (SocketAddress.ipv4(octets: 1, port: 0), SocketAddress.ipv4(octets: 2, port: 0))
        book.follow(["kuma1"], now: start)
        #expect(book.take(now: start) == ["kuma1"])
        #expect(book.take(now: start).isEmpty)
        #expect(book.record(.failed(reason: "no"), for: "kuma1", now: start) == "no")
        #expect(book.resolve(address) == nil)
        #expect(book.take(now: start + .seconds(2)) == ["kuma1"])
        let six = SocketAddress.ipv6(high: 0, low: 1, port: 0, scope: 0)
        #expect(book.record(.found([six, one, two]), for: "kuma1", now: start + .seconds(2)) == nil)
        #expect(book.resolve(address) == .ipv4(octets: 1, port: 3001))
        #expect(book.take(now: start + .seconds(31)).isEmpty)
        #expect(book.take(now: start + .seconds(32)) == ["kuma1"])
        _ = book.record(.found([two, one]), for: "kuma1", now: start + .seconds(32))
        #expect(book.resolve(address) == .ipv4(octets: 1, port: 3001))
        #expect(book.record(.failed(reason: "down"), for: "kuma1", now: start + .seconds(62)) == "down")
        #expect(book.record(.failed(reason: "down"), for: "kuma1", now: start + .seconds(64)) == nil, "told once")
        #expect(book.resolve(address) == .ipv4(octets: 1, port: 3001))
    }

    @Test("a host in figures is its own answer and never looked up", arguments: ["192.0.2.7", "2001:db8::7"])
    func figures(host: String) throws {
        var book = AddressBook(interval: .seconds(30), deadline: .seconds(5))
        let known = SocketAddress(try #require(IPAddress(parsing: host)), port: 3001)
        book.follow([host], now: start)
        #expect(book.take(now: start).isEmpty)
        #expect(book.sight(of: NodeAddress(host: host, port: 3001)) == .known(known))
        // What a state file remembers of it changes nothing.
        book.remember(.ipv4(octets: 9, port: 0), for: host, now: start)
        #expect(book.resolve(NodeAddress(host: host, port: 3001)) == known)
        book.follow([host, "kuma1"], now: start + .seconds(1))
        #expect(book.take(now: start + .seconds(60)) == ["kuma1"])
    }

    @Test("real look-ups: figures, localhost, and a name that cannot exist", .timeLimit(.minutes(1)))
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

import ClusterCore
import ControlPlane
import Testing

@Suite("The address book")
struct AddressBookTests {
    let start = ContinuousClock.now
    let kuma = NodeAddress(host: "kuma1", port: 3001)
    let one = SocketAddress.ipv4(octets: 1, port: 0)
    let two = SocketAddress.ipv4(octets: 2, port: 0)
    let three = SocketAddress.ipv4(octets: 3, port: 0)
    let six = SocketAddress.ipv6(high: 0, low: 1, port: 0, scope: 0)

    /// A book that knows `kuma1` at these addresses since `start`.
    private func book(_ addresses: SocketAddress...) -> AddressBook {
        var book = AddressBook(interval: .seconds(30), deadline: .seconds(5))
        book.follow(["kuma1"], now: start)
        _ = book.take(now: start)
        _ = book.record(.found(addresses), for: "kuma1", now: start)
        return book
    }

    private func octets(_ book: AddressBook) -> [UInt32] {
        guard case .known(let addresses) = book.sight(of: kuma) else { return [] }
        return addresses.map { UInt32(truncatingIfNeeded: $0.ip.low) }
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

    @Test("a host that is an address is its own answer and never looked up", arguments: ["192.0.2.7", "2001:db8::7"])
    func addresses(host: String) throws {
        var book = AddressBook(interval: .seconds(30), deadline: .seconds(5))
        let known = SocketAddress(try #require(IPAddress(parsing: host)), port: 3001)
        book.follow([host], now: start)
        #expect(book.take(now: start).isEmpty)
        #expect(book.sight(of: NodeAddress(host: host, port: 3001)) == .known([known]))
        // What a state file remembers of it changes nothing.
        book.remember(.ipv4(octets: 9, port: 0), for: host, now: start)
        #expect(book.resolve(NodeAddress(host: host, port: 3001)) == known)
        book.follow([host, "kuma1"], now: start + .seconds(1))
        #expect(book.take(now: start + .seconds(60)) == ["kuma1"])
    }

    @Test("all addresses of a name are known: that which answered first, the rest behind it, each once")
    func several() {
        var book = book(six, two, one, two)
        #expect(octets(book) == [2, 1, 1])
        #expect(book.resolve(kuma) == .ipv4(octets: 2, port: 3001))
        let place = SocketAddress.ipv6(high: 0, low: 1, port: 3001, scope: 0)
        #expect(book.answered(place, for: "kuma1") == true)
        #expect(book.resolve(kuma) == place)
        #expect(book.answered(place, for: "kuma1") == false)
        // The name server lists them in another order, with a new one: what works is kept.
        _ = book.record(.found([three, two, six]), for: "kuma1", now: start)
        #expect(octets(book) == [1, 3, 2])
        _ = book.record(.found([three, two]), for: "kuma1", now: start)
        #expect(octets(book) == [3, 2])
    }

    @Test("when none answers, the next check begins with another one")
    func rotation() {
        var book = book(one, two, three)
        #expect(book.unanswered("kuma1", beginningWith: .ipv4(octets: 1, port: 3001)) == true)
        #expect(octets(book) == [2, 3, 1])
        #expect(book.unanswered("kuma1", beginningWith: .ipv4(octets: 1, port: 3001)) == false, "it was before")
        #expect(book.answered(.ipv4(octets: 9, port: 3001), for: "kuma1") == false, "it is none of the name's any more")
        var single = self.book(one)
        #expect(single.unanswered("kuma1", beginningWith: .ipv4(octets: 1, port: 3001)) == false)
    }

    @Test("a doubted name is looked up at once, then each second while the doubt lasts, then at leisure again")
    func doubt() {
        var book = book(one)
        #expect(book.take(now: start + .seconds(10)).isEmpty)
        var asked: [Duration] = []
        for tenth in 100..<400 {
            let now = start + .milliseconds(100 * tenth)
            // As checks that fail every half second.
            if (100..<200).contains(tenth), tenth % 5 == 0 { book.doubt("kuma1", now: now) }
            for host in book.take(now: now) {
                asked.append(now - start)
                _ = book.record(.found([one]), for: host, now: now)
            }
        }
        #expect(asked.first == .seconds(10))
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $1 - $0 >= .seconds(1) })
        #expect((13...15).contains(asked.count), "\(asked)")
        #expect(asked.last.map { $0 < .seconds(25) } == true)
    }

    @Test("a host that is an address is never doubted, and means itself")
    func addressInDoubt() {
        var book = AddressBook(interval: .seconds(30), deadline: .seconds(5))
        book.follow(["192.0.2.7"], now: start)
        book.doubt("192.0.2.7", now: start)
        #expect(book.take(now: start + .seconds(60)).isEmpty)
        #expect(book.certainty(of: "192.0.2.7", now: start) == .certain)
    }

    @Test("a name is gone when it has not resolved for a while: a name server's restart makes none disappear")
    func certainty() {
        var book = AddressBook(interval: .seconds(30), deadline: .seconds(5))
        #expect(book.certainty(of: "kuma1", now: start) == .unsure)
        book.remember(one, for: "kuma1", now: start)
        #expect(book.certainty(of: "kuma1", now: start) == .unsure, "what a file says is known from before")
        _ = book.record(.found([one]), for: "kuma1", now: start)
        #expect(book.certainty(of: "kuma1", now: start + .seconds(20)) == .certain)
        _ = book.record(.failed(reason: "unknown"), for: "kuma1", now: start + .seconds(30))
        _ = book.record(.failed(reason: "unknown"), for: "kuma1", now: start + .seconds(32))
        #expect(book.certainty(of: "kuma1", now: start + .seconds(34)) == .unsure)
        #expect(book.certainty(of: "kuma1", now: start + .seconds(35)) == .gone(reason: "unknown"))
        #expect(book.resolve(kuma) == .ipv4(octets: 1, port: 3001), "routing goes on")
        _ = book.record(.found([two]), for: "kuma1", now: start + .seconds(36))
        #expect(book.certainty(of: "kuma1", now: start + .seconds(36)) == .certain)
    }

    @Test("a resolver that does not answer makes a name uncertain, then gone")
    func stuckResolver() {
        var book = book(one)
        #expect(book.take(now: start + .seconds(30)) == ["kuma1"])
        _ = book.take(now: start + .seconds(36))
        #expect(book.certainty(of: "kuma1", now: start + .seconds(36)) == .unsure)
        guard case .gone = book.certainty(of: "kuma1", now: start + .seconds(42)) else {
            Issue.record("a dead resolver proves nothing")
            return
        }
    }

    @Test("names that wait longest come first: hundreds of dead ones keep nobody from being looked up")
    func fairness() {
        var book = AddressBook(interval: .seconds(30), deadline: .seconds(5))
        let dead = (0..<300).map { "a\($0)" }
        book.follow(Set(dead + ["z"]), now: start)
        var now = start
        var asked: [String: Int] = [:]
        while now < start + .seconds(40) {
            for host in dead { book.doubt(host, now: now) }
            for host in book.take(now: now) {
                asked[host, default: 0] += 1
                _ = book.record(host == "z" ? .found([one]) : .failed(reason: "no"), for: host, now: now)
            }
            now += .milliseconds(100)
        }
        #expect(asked["z"] == 2)
        #expect(asked.count == 301)
        #expect(asked.values.reduce(0, +) <= 40 * 10 * AddressBook.lookupsAtOnce)
    }
}

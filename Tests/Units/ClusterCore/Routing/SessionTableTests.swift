import ClusterCore
import Foundation
import RepeatableRandom
import Testing

@Suite("Which node issued a Socket.IO session")
struct SessionTableTests {
    static let second: UInt64 = 1_000_000_000

    private func key(_ text: String) throws -> SessionKey {
        try #require(Array(text.utf8).withUnsafeBytes { SessionKey($0) })
    }

    private let one = NodeTraffic().serial
    private let two = NodeTraffic().serial

    @Test("a key has 1 to 64 bytes, is equal to the same id's only, and its hash is that of no other")
    func keys() throws {
        func bytes(_ count: Int) -> SessionKey? {
            Array(repeating: UInt8(ascii: "a"), count: count).withUnsafeBytes { SessionKey($0) }
        }
        #expect(bytes(0) == nil)
        #expect(bytes(64) != nil)
        #expect(bytes(65) == nil)
        #expect([UInt8(0)].withUnsafeBytes { SessionKey($0) } == nil)
        #expect(try key("lv_VI97HAXpY6yYWAAAC") == key("lv_VI97HAXpY6yYWAAAC"))
        #expect(try key("lv_VI97HAXpY6yYWAAAC") != key("lv_VI97HAXpY6yYWAAAD"))
        #expect(try key("a") != key("aa"))
        var hashes: Set<UInt64> = []
        for number in 0..<10_000 { hashes.insert(try key("session-\(number)").hash) }
        #expect(hashes.count == 10_000)
    }

    @Test("two nodes never have the same serial")
    func serials() { #expect(Set((0..<1_000).map { _ in NodeTraffic().serial }).count == 1_000) }

    @Test("what was learned is known, to every reactor; what was forgotten is not")
    func learn() throws {
        let table = SessionTable(capacity: 100, idle: .seconds(120))
        let (first, second) = (try key("first"), try key("second"))
        #expect(table.node(of: first, now: 1) == nil)
        table.learn(first, node: one, now: 1)
        table.learn(second, node: two, now: 1)
        #expect(table.node(of: first, now: 2) == one)
        #expect(table.node(of: second, now: 2) == two)
        table.learn(first, node: two, now: 3)
        #expect(table.node(of: first, now: 3) == two)
        #expect(table.count == 2)
        table.forget(first)
        table.forget(first)
        #expect(table.node(of: first, now: 3) == nil)
        #expect(table.count == 1)
    }

    @Test("a session lasts two minutes from its last use, not from its first")
    func expiry() throws {
        let table = SessionTable()
        let id = try key("polling")
        table.learn(id, node: one, now: 0)
        for minute in 1...10 {
            #expect(table.node(of: id, now: UInt64(minute * 119) * Self.second) == one)
        }
        let last = UInt64(10 * 119) * Self.second
        #expect(table.node(of: id, now: last + 120 * Self.second) == one)
        #expect(table.node(of: id, now: last + 240 * Self.second + 1) == nil)
        #expect(table.count == 0)
    }

    @Test("time that runs a little behind in another thread forgets nothing")
    func clocks() throws {
        let table = SessionTable()
        let id = try key("a")
        table.learn(id, node: one, now: 1_000 * Self.second)
        #expect(table.node(of: id, now: 999 * Self.second) == one)
        #expect(table.node(of: id, now: 1_120 * Self.second) == one, "the later moment counts")
    }

    @Test("never more than 100 000: each further session takes the place of the one that was not used for longest")
    func bound() throws {
        let table = SessionTable()
        for number in 0..<150_000 { table.learn(try key("flood-\(number)"), node: one, now: UInt64(number)) }
        #expect(table.count <= SessionLimits.sessions)
        #expect(table.count > SessionLimits.sessions * 9 / 10)
        #expect(table.node(of: try key("flood-0"), now: 150_000) == nil)
        #expect(table.node(of: try key("flood-149999"), now: 150_000) == one)
    }

    @Test("a session in use survives a flood of others")
    func used() throws {
        var shard = SessionShard(capacity: 4, idle: .max)
        let kept = try key("kept")
        shard.learn(kept, node: two, now: 0)
        for number in 1...100 {
            shard.learn(try key("other-\(number)"), node: one, now: UInt64(number))
            #expect(shard.node(of: kept, now: UInt64(number)) == two)
            #expect(shard.count <= 4)
        }
    }

    @Test("expired sessions make room as new ones come, two for each")
    func amortised() throws {
        var shard = SessionShard(capacity: 1_000, idle: 10)
        for number in 0..<100 { shard.learn(try key("old-\(number)"), node: one, now: 0) }
        for number in 0..<50 { shard.learn(try key("new-\(number)"), node: two, now: 11) }
        #expect(shard.count == 50)
    }

    @Test("any order of learning, using, forgetting and expiring agrees with a dictionary", arguments: [1, 2, 3, 4])
    func agrees(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var shard = SessionShard(capacity: 1_000, idle: 50)
        var model: [Int: (node: NodeTraffic.Serial, lastUse: UInt64)] = [:]
        let keys = try (0..<200).map { try key("s\($0)") }
        for now in 0..<UInt64(20_000) {
            let session = Int.random(in: 0..<200, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3:
                let node = Bool.random(using: &random) ? one : two
                shard.learn(keys[session], node: node, now: now)
                model[session] = (node, now)
            case 3:
                shard.forget(keys[session])
                model[session] = nil
            case _:
                if let known = model[session], now - known.lastUse > 50 { model[session] = nil }
                #expect(shard.node(of: keys[session], now: now) == model[session]?.node, "seed \(seed), step \(now)")
                if model[session] != nil { model[session]?.lastUse = now }
            }
        }
    }

    @Test("several threads learn and ask at once")
    func threads() throws {
        let table = SessionTable(capacity: 10_000, idle: .seconds(120))
        let keys = try (0..<4_000).map { try key("t\($0)") }
        let serial = one
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in 0..<1_000 {
                table.learn(keys[thread * 1_000 + number], node: serial, now: 1)
                _ = table.node(of: keys[number * 4 + thread], now: 1)
            }
        }
        #expect(table.count == 4_000)
        #expect(keys.allSatisfy { table.node(of: $0, now: 2) == serial })
    }
}

import ClusterCore
import Testing

@Suite("Silence")
struct SilenceJudgeTests {
    let start = ContinuousClock.now

    private func nodes(_ ages: [String: Double?], detached: [String] = []) throws -> [NodeRecord] {
        try ages.keys.sorted().map { name in
            NodeRecord(
                id: try NodeID(name), name: name, agentHealth: detached.contains(name) ? .detached : .healthy,
                reportAge: (ages[name] ?? nil).map { .seconds($0) })
        }
    }

    private func names(_ ids: Set<NodeID>) -> [String] { ids.map(\.text).sorted() }

    @Test("a node older than the TTL, never heard of, or detached may be spoken for; a fresh one may not")
    func ordinary() throws {
        var judge = SilenceJudge()
        _ = judge.observe(
            try nodes(["a": 1, "b": 100, "c": nil, "d": 1, "e": 8, "f": 1, "g": 2], detached: ["d"]), now: start)
        #expect(names(judge.speakable) == ["b", "c", "d"])
        #expect(judge.silent == judge.speakable)
    }

    @Test("after the database returned, one full TTL passes before anybody counts as silent; detached ones do at once")
    func grace() throws {
        var judge = SilenceJudge()
        judge.databaseReturned(now: start)
        _ = judge.observe(try nodes(["a": 20, "b": 20, "c": 1, "d": 1], detached: ["d"]), now: start)
        #expect(names(judge.speakable) == ["d"])
        _ = judge.observe(try nodes(["a": 27.9, "b": 1, "c": 1, "d": 9], detached: ["d"]), now: start + .seconds(7.9))
        #expect(names(judge.speakable) == ["d"])
        _ = judge.observe(try nodes(["a": 28, "b": 1, "c": 1, "d": 9], detached: ["d"]), now: start + .seconds(8))
        #expect(names(judge.speakable) == ["a", "d"])
    }

    @Test("more than half silent together: 15 s more, then they are judged; those silent before stay spoken for")
    func mass() throws {
        var judge = SilenceJudge()
        #expect(judge.observe(try nodes(["a": 100, "b": 7, "c": 7, "d": 7]), now: start) == .ordinary)
        let together = judge.observe(try nodes(["a": 102, "b": 9, "c": 9, "d": 9]), now: start + .seconds(2))
        #expect(together == .massSilenceBegan(nodes: 3))
        #expect(names(judge.speakable) == ["a"])
        _ = judge.observe(try nodes(["a": 116, "b": 23, "c": 23, "d": 1]), now: start + .seconds(16.9))
        #expect(names(judge.speakable) == ["a"])
        let ended = judge.observe(try nodes(["a": 117, "b": 24, "c": 24, "d": 2]), now: start + .seconds(17))
        #expect(ended == .massSilenceEnded)
        #expect(names(judge.speakable) == ["a", "b", "c"])
        #expect(judge.observe(try nodes(["a": 118, "b": 25, "c": 25, "d": 1]), now: start + .seconds(18)) == .ordinary)
    }

    @Test("half of the nodes is not more than half")
    func half() throws {
        var judge = SilenceJudge()
        #expect(judge.observe(try nodes(["a": 9, "b": 9, "c": 1, "d": 1]), now: start) == .ordinary)
        #expect(names(judge.speakable) == ["a", "b"])
    }

    @Test("whoever was spoken for before an outage has one TTL to report after it, like everybody")
    func spokenForBefore() throws {
        var judge = SilenceJudge()
        _ = judge.observe(try nodes(["a": 20, "b": 1, "c": 1]), now: start)
        #expect(names(judge.speakable) == ["a"])
        // We stood still; it reported meanwhile, and then the database was away from everybody.
        judge.databaseReturned(now: start + .seconds(60))
        _ = judge.observe(try nodes(["a": 9, "b": 9, "c": 9]), now: start + .seconds(60))
        #expect(judge.speakable.isEmpty)
    }

    @Test("a report from the future – the clock stepped back – is silence after one TTL of our own clock")
    func future() throws {
        var judge = SilenceJudge()
        _ = judge.observe(try nodes(["a": -3_600, "b": 1, "c": 1]), now: start)
        #expect(judge.silent.isEmpty)
        _ = judge.observe(try nodes(["a": -3_592.5, "b": 1, "c": 1]), now: start + .seconds(7.5))
        #expect(judge.silent.isEmpty)
        _ = judge.observe(try nodes(["a": -3_591.5, "b": 1, "c": 1]), now: start + .seconds(8.5))
        #expect(names(judge.speakable) == ["a"])
        // Once its date is no longer ahead it is still the same report, and no sign of life.
        _ = judge.observe(try nodes(["a": 1, "b": 1, "c": 1]), now: start + .seconds(3_601))
        #expect(names(judge.speakable) == ["a"])
        _ = judge.observe(try nodes(["a": 0, "b": 1, "c": 1]), now: start + .seconds(3_605))
        #expect(judge.silent.isEmpty)
    }

    @Test("hosts whose clocks differ by less than a second make nobody silent")
    func tolerance() throws {
        var judge = SilenceJudge()
        for second in 0..<20 {
            _ = judge.observe(try nodes(["a": -0.9, "b": 1, "c": 1]), now: start + .seconds(second))
            #expect(judge.silent.isEmpty)
        }
    }

    @Test("nodes that never had an agent do not make a mass silence")
    func agentless() throws {
        var judge = SilenceJudge()
        #expect(judge.observe(try nodes(["a": nil, "b": nil, "c": 1]), now: start) == .ordinary)
        #expect(names(judge.speakable) == ["a", "b"])
    }
}

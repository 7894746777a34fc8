import ClusterCore
import Testing

@Suite("When planned moves go, and how many")
struct PlannedMovePacerTests {
    /// A full minute.
    private static let minute: Duration = .seconds(1_800_000_000)

    private static func at(_ second: Double) -> Duration { minute + .seconds(second) }

    private static func legs(_ count: Int, _ from: String, _ to: String) -> [PlannedMovePacer.Leg] {
        Array(
            repeating: PlannedMovePacer.Leg(from: NodeReference(text: from), to: NodeReference(text: to)), count: count)
    }

    private func admitted(
        _ legs: [PlannedMovePacer.Leg], _ pacer: inout PlannedMovePacer, _ second: Double,
        _ discipline: PlannedMovePacer.Discipline = .any
    ) -> Int {
        pacer.admit(legs, by: discipline, at: Self.at(second)) { $0 }.count
    }

    @Test(
        "they are written in seconds 52 to 56 only",
        arguments: [(0.0, 0), (30, 0), (51.9, 0), (52, 5), (56.9, 5), (57, 0), (59.9, 0)])
    func window(second: Double, count: Int) {
        var pacer = PlannedMovePacer()
        #expect(admitted(Self.legs(5, "a", "b"), &pacer, second) == count)
    }

    @Test("a node is given as many as it starts within 5 s, once a minute")
    func arrivals() {
        var pacer = PlannedMovePacer()
        let all = Self.legs(40, "a", "b")
        #expect(admitted(all, &pacer, 52) == 16)
        #expect(admitted(all, &pacer, 56) == 0)
        #expect(admitted(all, &pacer, 112) == 16)
        #expect(KumaReadings.perStart * 16 <= .seconds(5))
    }

    @Test("a node gives as many as two receivers start meanwhile")
    func departures() {
        var pacer = PlannedMovePacer()
        let all = Self.legs(20, "a", "b") + Self.legs(20, "a", "c") + Self.legs(20, "a", "d")
        #expect(admitted(all, &pacer, 52) == 32)
    }

    @Test("no node gives and takes in one reading: it stops only after it has started everything")
    func oneWay() {
        var pacer = PlannedMovePacer()
        #expect(admitted(Self.legs(3, "a", "b") + Self.legs(3, "b", "c") + Self.legs(3, "c", "a"), &pacer, 52) == 3)
        #expect(admitted(Self.legs(3, "b", "c"), &pacer, 112) == 3)
    }

    @Test("where the order keeps loads even, the first that must wait holds up those behind it")
    func strict() {
        let mixed = Self.legs(20, "a", "b") + Self.legs(5, "a", "c")
        var (pacer, other) = (PlannedMovePacer(), PlannedMovePacer())
        #expect(admitted(mixed, &pacer, 52, .strict) == 16)
        #expect(admitted(mixed, &other, 52, .any) == 21)
    }

    @Test("what is urgent and left to Kuma's reading fills that; what is started at once does not")
    func urgent() {
        let (a, b) = (NodeReference(text: "a"), NodeReference(text: "b"))
        var pacer = PlannedMovePacer()
        pacer.note(urgent: [b: 10], at: Self.at(20))
        pacer.note(urgent: [a: 4], at: Self.at(49))
        #expect(admitted(Self.legs(20, "c", "a"), &pacer, 52) == 12)
        #expect(admitted(Self.legs(20, "d", "b"), &pacer, 52) == 16)
        #expect(admitted(Self.legs(20, "a", "b"), &pacer, 53) == 0, "it stops only after its starts")
    }

    @Test("what is urgent and not written yet fills a reading as well, and counts once")
    func expected() {
        let (a, b) = (NodeReference(text: "a"), NodeReference(text: "b"))
        var pacer = PlannedMovePacer()
        for second in [51.0, 52] { pacer.expect(urgent: [a: 10, b: 150], at: Self.at(second)) }
        #expect(admitted(Self.legs(20, "a", "d"), &pacer, 52) == 0, "it stops only after its starts")
        #expect(admitted(Self.legs(20, "c", "b"), &pacer, 52) == 0)
        #expect(admitted(Self.legs(20, "c", "a"), &pacer, 52) == 6)
        pacer.expect(urgent: [:], at: Self.at(53))
        #expect(admitted(Self.legs(20, "c", "b"), &pacer, 53) == 16, "their node came back")
    }

    @Test("a Kuma that may be starting for longer than a minute misses a reading: nothing leaves it or comes then")
    func busy() {
        var pacer = PlannedMovePacer()
        // From second 60 on, for 151 s at most.
        pacer.note(urgent: [NodeReference(text: "b"): 200], at: Self.at(20))
        pacer.note(urgent: [NodeReference(text: "b"): 300], at: Self.at(21))
        for second in [52.0, 112, 172] {
            #expect(admitted(Self.legs(3, "b", "a"), &pacer, second) == 0)
            #expect(admitted(Self.legs(3, "c", "b"), &pacer, second) == 0)
        }
        #expect(admitted(Self.legs(3, "b", "a"), &pacer, 232) == 3)
    }

    @Test("what one failover writes in several passes is one call's, or left to one reading")
    func busyByParts() {
        var pacer = PlannedMovePacer()
        // The first hundred are called for; the others start at second 60, until 122.
        for second in [8.0, 11, 14] { pacer.note(urgent: [NodeReference(text: "b"): 100], at: Self.at(second)) }
        #expect(admitted(Self.legs(3, "b", "a"), &pacer, 112) == 0)
        #expect(admitted(Self.legs(3, "b", "a"), &pacer, 172) == 3)
    }

    @Test("a clock that is put back makes nobody busy for longer")
    func clockPutBack() {
        var pacer = PlannedMovePacer()
        pacer.note(urgent: [NodeReference(text: "b"): 500], at: Self.at(20))
        #expect(admitted(Self.legs(3, "b", "a"), &pacer, 52 - 86_400) == 3)
    }

    @Test("without a pace everything goes at once, in both directions and again")
    func none() {
        var pacer = PlannedMovePacer(limits: .none)
        for second in [3.0, 4] {
            #expect(admitted(Self.legs(500, "a", "b") + Self.legs(500, "b", "a"), &pacer, second) == 1_000)
        }
    }
}

@Suite("Urgent moves that nobody would start yet")
struct UrgentHoldTests {
    private func hold(_ count: Int, from: String = "a", second: Double) throws -> UrgentHold {
        let to = try NodeID("b")
        let moves = (0..<Int64(count)).map {
            PlannedMove(monitor: MonitorID($0), from: NodeReference(text: from), to: to, reason: .failover)
        }
        return UrgentHold(
            moves, known: [NodeReference(text: "a"), NodeReference(to)], at: .seconds(1_800_000_000) + .seconds(second),
            KumaReadings())
    }

    @Test(
        "they are kept back from when no agent would start them to just before Kuma's own reading",
        arguments: [
            (20, 30.0, 0), (20, 45.9, 0), (20, 46, 20), (20, 53.9, 20), (20, 54, 0), (20, 59, 0), (20, 62, 0),
            // A single one would still be started at second 48.
            (1, 46, 0), (1, 48, 0), (1, 49.8, 1), (3, 47, 0), (5, 49, 5),
        ])
    func moments(count: Int, second: Double, held: Int) throws {
        let hold = try hold(count, second: second)
        #expect(hold.held.count == held)
        #expect(hold.now.count == count - held)
    }

    @Test("a node that does not exist will not come back")
    func unknownNode() throws {
        #expect(try hold(20, from: "ghost", second: 50).held.isEmpty)
    }

    @Test("what is kept back no agent would have started, by a clock a second behind either")
    func losesNothing() throws {
        for count in [1, 2, 5, 9, 10, 16, 30, 170] {
            for second in stride(from: 40.0, to: 60, by: 0.1) {
                let isHeld = try !hold(count, second: second).held.isEmpty
                #expect(!isHeld || KumaReadings().leaves(starts: count, at: .seconds(second - 1)))
            }
        }
    }
}

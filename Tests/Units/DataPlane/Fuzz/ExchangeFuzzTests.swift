import Glibc
import HTTPFraming
import Testing

@testable import DataPlane

/// Random exchanges: what a client and a node may do to each other, in any order. What a case does follows from its seed
/// alone; `EXCHANGE_SEED=… swift test --filter ExchangeFuzzTests` runs that one again.
@Suite("No course of events brings an exchange out of step")
struct ExchangeFuzzTests {
    static let cases: UInt64 = 3_000

    static let seed: UInt64 = {
        let given = getenv("EXCHANGE_SEED").flatMap { UInt64(String(cString: $0)) }
        return given ?? UInt64.random(in: 1...UInt64(UInt32.max))
    }()

    @Test("random events keep every invariant")
    func randomEvents() throws {
        var endings: [String: Int] = [:]
        for number in 0..<Self.cases {
            let seed = Self.seed &+ number
            var course = try ExchangeCourse(seed: seed)
            course.run()
            for fault in course.faults { Issue.record("\(fault); repeat with EXCHANGE_SEED=\(seed)") }
            if !course.faults.isEmpty { return }
            endings["\(course.machine.ending)", default: 0] += 1
        }
        // A generator that never gets anywhere proves nothing.
        #expect(endings.count >= 4, "\(endings)")
        #expect(endings.values.allSatisfy { $0 > 20 }, "\(endings)")
    }

    @Test("an exchange that runs undisturbed ends the same however its bytes arrive")
    func splits() throws {
        for number in 0..<(Self.cases / 4) {
            let seed = Self.seed &+ number
            let endings = try (0..<3).map { try ExchangeCourse.undisturbed(seed: seed, splitting: $0) }
            #expect(Set(endings.map(String.init(describing:))).count == 1, "\(endings); EXCHANGE_SEED=\(seed)")
            if Set(endings.map(String.init(describing:))).count != 1 { return }
        }
    }
}

import Foundation
import Simulation
import Synchronization
import Testing

@Suite("Simulation")
struct SimulationTests {
    /// `SIM_SEED=n` plays one seed alone.
    static let wanted = ProcessInfo.processInfo.environment["SIM_SEED"].flatMap { UInt64($0) }
    /// `.ci/run` plays a thousand more, optimised.
    static let seeds: [ClosedRange<UInt64>] =
        wanted.map { [$0...$0] } ?? stride(from: 1, to: 51, by: 25).map { $0...$0 + 24 }

    @Test("whatever fate and people do, every invariant holds", arguments: seeds)
    func invariants(seeds: ClosedRange<UInt64>) {
        let reports = Mutex<[String]>([])
        // On two threads, for tests that run one after the other.
        let totals = SeedRun(first: seeds.lowerBound, count: UInt64(seeds.count)).play(threads: 2) { outcome in
            if outcome.violation != nil { reports.withLock { $0.append(outcome.report) } }
        }
        #expect(totals.seeds == seeds.count)
        #expect(totals.failed.isEmpty, "\(reports.withLock { $0 }.joined(separator: "\n\n"))")
    }

    @Test("a seed plays the same run again", arguments: [3, 26, 59])
    func replay(seed: UInt64) {
        let (first, second) = (Simulation.play(seed), Simulation.play(seed))
        #expect(first.digest == second.digest)
        #expect(first.steps == second.steps && first.statistics == second.statistics)
        #expect(Simulation.play(seed + 1).digest != first.digest)
    }

    @Test("seeds reach what they are to test: moves, returns, elections, spoken words, late statements")
    func coverage() {
        var sum = OracleStatistics()
        for seed: UInt64 in 201...220 {
            sum = sum + Simulation.play(seed, profile: seed.isMultiple(of: 2) ? .people : .storm).statistics
        }
        for field in OracleStatistics.fields { #expect(sum[keyPath: field.path] > 0, "no seed has \(field.name)") }
    }
}

/// A simulation that finds nothing proves nothing: each rule taken away must be seen, by the invariant that names it.
@Suite("Simulation: every missing rule is found")
struct SabotageTests {
    static let expected: [Sabotage: Set<Invariant>] = [
        .noFence: [.fence],
        .noHold: [.hold],
        .noExpectedAssignment: [.lostFirst, .personsChoice, .reason],
        .unreadableIsOrphaned: [.lostFirst, .personsChoice, .calm, .hold],
        .noSilenceCheck: [.speaker],
        .noMassSilenceRule: [.calm],
        .noReturns: [.settledReturn],
        .noPlacementRule: [.placement],
        .noClockWatch: [.speaker, .calm],
        .noPredecessor: [.doubleStart],
        .noPace: [.watched],
        .unknownStateIsActive: [.leftAlone],
    ]

    /// Seeds to try, in the profile in which the rule matters most. What is taken away may show in few of them.
    private static let tries: ClosedRange<UInt64> = 1...400

    @Test("a rule taken away is found", arguments: Sabotage.allCases)
    func found(sabotage: Sabotage) throws {
        let expected = try #require(SabotageTests.expected[sabotage])
        let caught = try #require(Simulation.firstCatch(of: sabotage, within: SabotageTests.tries))
        let violation = try #require(caught.violation)
        #expect(expected.contains(violation.invariant), "seed \(caught.scenario.seed): \(violation)")
    }
}

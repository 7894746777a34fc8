import Dispatch
import Foundation
import Synchronization

/// A range of seeds, played by a few threads: each simulation stays on one.
package struct SeedRun: Sendable {
    package struct Totals: Sendable {
        package var seeds = 0
        package var failed: [UInt64] = []
        package var steps = 0
        package var faults = 0
        package var virtualTime: Duration = .zero
        package var statistics = OracleStatistics()
        package var byProfile: [Scenario.Profile: Int] = [:]

        mutating func add(_ outcome: Simulation.Outcome) {
            seeds += 1
            if outcome.violation != nil { failed.append(outcome.scenario.seed) }
            steps += outcome.steps
            faults += outcome.faults
            virtualTime += Scenario.warmUp + outcome.scenario.faultSpan + outcome.scenario.quietSpan
            statistics = statistics + outcome.statistics
            byProfile[outcome.scenario.profile, default: 0] += 1
        }

        package func summary(took: Duration) -> String {
            let profiles = Scenario.Profile.allCases.map { "\($0.rawValue) \(byProfile[$0] ?? 0)" }
            return """
                \(seeds) seeds in \(took.formatted(.units(allowed: [.minutes, .seconds]))), \(failed.count) failed\
                \(failed.isEmpty ? "" : ": \(failed.sorted())")
                \(virtualTime.formatted(.units(allowed: [.days, .hours]))) of virtual time, \(steps) steps, \
                \(faults) faults; \(statistics.moved) monitors moved, \(statistics.returned) returned, \
                \(statistics.forgotten) given up to people, \(statistics.spoken) words for silent nodes, \
                \(statistics.rebalanced) rebalanced, \(statistics.elections) elections, \(statistics.fenced) statements without effect, \
                \(statistics.avoided) batches past silent nodes, \(statistics.personsActs) acts of people, \(statistics.strays) late or repeated statements
                \(profiles.joined(separator: ", "))
                """
        }
    }

    /// What the threads share.
    private final class Ledger: Sendable {
        struct State {
            var next: UInt64
            var totals = Totals()
        }

        let state: Mutex<State>
        let end: UInt64
        let profile: Scenario.Profile?
        let each: @Sendable (Simulation.Outcome) -> Void

        init(_ run: SeedRun, each: @escaping @Sendable (Simulation.Outcome) -> Void) {
            state = Mutex(State(next: run.first))
            end = run.first + run.count
            profile = run.profile
            self.each = each
        }

        func work() {
            while let seed = take() {
                let outcome = Simulation.play(seed, profile: profile)
                state.withLock { state in
                    state.totals.add(outcome)
                    each(outcome)
                }
            }
        }

        private func take() -> UInt64? {
            state.withLock { state in
                guard state.next < end else { return nil }
                defer { state.next += 1 }
                return state.next
            }
        }
    }

    let first: UInt64
    let count: UInt64
    let profile: Scenario.Profile?

    /// - Parameter profile: of all of them; nil: each seed's own choice.
    package init(first: UInt64, count: UInt64, profile: Scenario.Profile? = nil) {
        self.first = first
        self.count = count
        self.profile = profile
    }

    /// - Parameter each: called with every outcome, one at a time.
    package func play(threads: Int, each: @escaping @Sendable (Simulation.Outcome) -> Void) -> Totals {
        let ledger = Ledger(self, each: each)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in ledger.work() }
        return ledger.state.withLock { $0.totals }
    }
}

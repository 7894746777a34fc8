import Glibc
import Simulation

/// Plays many seeds, optimised: `swift run -c release Simulator FIRST COUNT [THREADS]`. Prints every failing seed, then a
/// summary; exits 1 when any failed.
@main
struct Simulator {
    static func main() {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard numbers.count >= 2 else {
            print("usage: Simulator FIRST COUNT [THREADS]")
            exit(2)
        }
        let threads = numbers.count > 2 ? Int(numbers[2]) : 2
        let started = ContinuousClock.now
        let outcomes = SeedRun(first: numbers[0], count: numbers[1]).play(threads: threads) { outcome in
            if outcome.violation != nil { print(outcome.report, "\n") }
        }
        print(outcomes.summary(took: ContinuousClock.now - started))
        exit(outcomes.failed.isEmpty ? 0 : 1)
    }
}

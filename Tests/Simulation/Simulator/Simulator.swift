import Glibc
import Simulation

/// Plays many seeds, optimised: `swift run -c release Simulator FIRST COUNT [THREADS [PROFILE]]`. Prints every failing
/// seed, then a summary; exits 1 when any failed. `Simulator sabotage` takes each rule away in turn and prints who noticed;
/// `Simulator invariants` lists what is checked, and where; `Simulator planned` moves 1 to 1 000 monitors as planned and
/// prints how long they were not watched.
@main
struct Simulator {
    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case "sabotage": return showSabotage()
        case "invariants": return showInvariants()
        case "planned": return showPlanned()
        case _: break
        }
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard numbers.count >= 2 else {
            print("usage: Simulator FIRST COUNT [THREADS [PROFILE]] | sabotage | invariants | planned")
            exit(2)
        }
        let threads = numbers.count > 2 ? Int(numbers[2]) : 2
        let started = ContinuousClock.now
        let profile = CommandLine.arguments.dropFirst(4).first.flatMap(Scenario.Profile.init(rawValue:))
        let run = SeedRun(first: numbers[0], count: numbers[1], profile: profile)
        let outcomes = run.play(threads: threads) { outcome in
            if outcome.violation != nil { print(outcome.report, "\n") }
        }
        print(outcomes.summary(took: ContinuousClock.now - started))
        exit(outcomes.failed.isEmpty ? 0 : 1)
    }

    private static func showInvariants() {
        for invariant in Invariant.allCases {
            print("\(invariant.rawValue): \(invariant.meaning)\n    checked \(invariant.place)")
        }
    }

    private static func showPlanned() {
        for monitors in [1, 12, 170, 1_000] {
            for order in Simulation.PlannedOrder.allCases {
                let outcome = Simulation.planned(order, monitors: monitors)
                let watch = outcome.watch
                print(
                    """
                    \(monitors) monitors, \(order.rawValue): \(watch.gaps.count) hand-overs, unwatched beyond the interval \
                    \(watch.medianGap) median, \(watch.longestGap) longest; two nodes at once \(watch.longestOverlap) longest; \
                    \(outcome.violation?.description ?? "all invariants held")
                    """)
            }
        }
    }

    private static func showSabotage() {
        for sabotage in Sabotage.allCases {
            let caught = Simulation.firstCatch(of: sabotage, within: 1...1_000)
            let line = caught.map {
                "seed \($0.scenario.seed) of \(sabotage.arena.rawValue): \($0.violation?.description ?? "")"
            }
            print("\(sabotage.rawValue): \(line ?? "unnoticed")")
        }
    }
}

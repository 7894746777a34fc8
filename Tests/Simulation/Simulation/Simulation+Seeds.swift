extension Simulation {
    /// Plays one seed; one that fails is played once more with its trace.
    package static func play(
        _ seed: UInt64, profile: Scenario.Profile? = nil, sabotage: Sabotage? = nil
    ) -> Outcome {
        let scenario = Scenario(seed: seed, profile: profile)
        let outcome = Simulation(scenario, sabotage: sabotage).run()
        guard outcome.violation != nil else { return outcome }
        return Simulation(scenario, sabotage: sabotage, trace: .kept).run()
    }
}

extension Simulation.Outcome {
    /// Lines of a trace that a person is shown: what led to the violation, not the whole life before.
    package static let shownLines = 150

    /// What to read when a seed failed, and how to play it again.
    package var report: String {
        guard let violation else { return "seed \(scenario.seed): all invariants held" }
        let shown = trace.suffix(Simulation.Outcome.shownLines)
        let omitted = trace.count - shown.count
        return """
            seed \(scenario.seed) (\(scenario.profile.rawValue)): \(violation)
            \(omitted > 0 ? "… \(omitted) earlier lines\n" : "")\(shown.joined(separator: "\n"))
            play it again: \(again)
            """
    }

    /// A seed plays one way in a debug build and another in an optimised one, each the same every time.
    private var again: String {
        #if DEBUG
            "SIM_SEED=\(scenario.seed) swift test --filter Simulation"
        #else
            "swift run -c release Simulator \(scenario.seed) 1"
        #endif
    }
}

import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// Planned moves in a cluster in which nothing fails: whether monitors are watched all the while.
extension Simulation {
    /// What makes monitors move.
    package enum PlannedOrder: String, Sendable, CaseIterable {
        /// A Kuma ends, and is started again 22 s later.
        case returns
        case maintenance
        case rebalancing
    }

    /// No monitor waits longer than this for its new node, beyond its own interval.
    static let longestGap: Duration = .seconds(5)
    /// Two nodes look at clocks a second apart, and one stops 32 in the time in which another starts 16.
    static let longestOverlap: Duration = .milliseconds(3_500)

    /// Plays one order to its end.
    package static func planned(
        _ order: PlannedOrder, monitors: Int, seed: UInt64 = 1, sabotage: Sabotage? = nil
    ) -> Outcome {
        let scenario = Scenario(seed: seed, profile: .planned, monitors: monitors)
        return Simulation(scenario, sabotage: sabotage).run(order)
    }

    /// The seed's choice.
    var drawnOrder: PlannedOrder {
        PlannedOrder.allCases[Int(scenario.seed % UInt64(PlannedOrder.allCases.count))]
    }

    /// The node that all monitors live on.
    private var crowded: SimulatedKuma? { kumas.first { $0.id.text == Scenario.crowded } }

    func begin(_ order: PlannedOrder) {
        guard let kuma = crowded else { return }
        switch order {
        case .returns:
            kuma.stop()
            scheduler.after(.seconds(22)) { kuma.start() }
        case .maintenance:
            _ = try? InMemoryClusterStore(tables).setAdminState(.maintenance, of: kuma.id)
            oracle.nodeWritten(kuma.id.text)
        case .rebalancing:
            let job = RebalanceOrder(kind: .rebalance, total: scenario.monitorsPerNode, requestedBy: "simulation")
            _ = try? InMemoryClusterStore(tables).requestJob(job)
        }
    }

    /// Whether everything that was ordered is done.
    func isDone(_ order: PlannedOrder) -> Bool {
        guard let kuma = crowded else { return true }
        switch order {
        case .returns: return kuma.phase == .serving && tables.openEntries.isEmpty
        case .maintenance: return !tables.monitors.contains { $0.effective == NodeReference(kuma.id) }
        case .rebalancing:
            let counts = kumas.map { kuma in tables.monitors.count { $0.effective == NodeReference(kuma.id) } }
            return (counts.max() ?? 0) - (counts.min() ?? 0) <= 1
        }
    }

    func checkWatched() {
        if oracle.watch.longestGap > Simulation.longestGap {
            oracle.fail(.watched, "a monitor was not watched for \(oracle.watch.longestGap) beyond its interval")
        }
        if oracle.watch.longestOverlap > Simulation.longestOverlap {
            oracle.fail(.watched, "two nodes ran a monitor for \(oracle.watch.longestOverlap)")
        }
    }
}

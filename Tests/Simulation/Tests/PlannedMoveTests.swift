import Simulation
import Testing

/// `swift run -c release Simulator planned` plays 1 000 monitors as well.
@Suite("Simulation: planned moves leave no monitor unwatched")
struct PlannedMoveTests {
    @Test(
        "whoever orders it, however many there are: 5 s at most beyond the interval, and nothing runs twice",
        arguments: Simulation.PlannedOrder.allCases, [1, 12, 170])
    func watched(order: Simulation.PlannedOrder, monitors: Int) {
        let outcome = Simulation.planned(order, monitors: monitors)
        #expect(outcome.violation == nil, "\(outcome.violation?.description ?? "")")
        let watch = outcome.watch
        #expect(watch.gaps.count >= (order == .rebalancing ? monitors / 2 : monitors), "each was handed over")
        #expect(watch.longestGap <= .seconds(5))
    }
}

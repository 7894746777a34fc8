/// Keeps an urgent move back where that loses nothing: in the last seconds before Kuma's own reading no agent has it started
/// sooner than that reading does. A node that is back by then – supervisors restart Kuma in 4 s – keeps its monitors. All or
/// nothing: a part of a plan would load the receivers unevenly.
package struct UrgentHold: Sendable {
    /// An agent whose clock is behind may still call: no move is kept back that it could start.
    static let skew: Duration = .seconds(1)

    /// To be written in this pass; empty where anything is held.
    package let now: [PlannedMove]
    /// Kept back. Nobody keeps them: the next pass plans anew, with whoever is back by then.
    package let held: [PlannedMove]

    /// - Parameters:
    ///   - moves: what is to be written at once.
    ///   - known: nodes that exist, and so may come back.
    package init(
        _ moves: [PlannedMove], known: Set<NodeReference>, at wallTime: Duration, _ readings: KumaReadings,
        limits: PlannedMovePacer.Limits = PlannedMovePacer.Limits()
    ) {
        let phase = readings.phase(of: wallTime)
        guard limits.hold.contains(phase / readings.period) else {
            (now, held) = (moves, [])
            return
        }
        var starts: [NodeID: Int] = [:]
        for move in moves { starts[move.to, default: 0] += 1 }
        let isIdle = starts.values.allSatisfy { readings.leaves(starts: $0, at: phase - UrgentHold.skew) }
        let mayComeBack = moves.allSatisfy { known.contains($0.from) }
        (now, held) = isIdle && mayComeBack ? ([], moves) : (moves, [])
    }
}

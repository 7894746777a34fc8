import ClusterCore

/// How long monitors that left a node go on there, so that nobody leaves them unwatched. Whoever assigned them to another
/// node may have done so at any second: the agent there has them started, one after the other, or leaves them to Kuma's
/// reading at second 00; a Kuma stops faster than it starts, and at seconds at which the other may not call any more.
///
/// An agent does not know where they went, nor whether they were paused: it takes them all to be starting at one other node,
/// beside whose Kuma an agent with a key looks, too. Where that is wrong they run up to a minute longer, as without an agent.
struct RemovalHold: Sendable {
    enum Limits {
        /// Between the passes of two agents at the same change, and between their clocks: at least, and with the usual pause
        /// between passes.
        static let spread: Duration = .seconds(2)
        /// Of what changed while nobody looked for longer, nobody knows when: it may long run elsewhere.
        static let sight: Duration = .seconds(5)
        /// For that long no node need run a monitor, beyond its interval.
        static let tolerance: Duration = .seconds(5)
    }

    /// Between the passes of two agents at the same change, and between their clocks.
    private let spread: Duration
    private var leavers: Set<MonitorID> = []
    private var seenAt: ContinuousClock.Instant?
    private var freeAt: ContinuousClock.Instant?

    /// - Parameter passPause: from one pass to the next, of this agent; the other's is taken to be the same.
    init(passPause: Duration) {
        // A third more: a pause is drawn from a tenth around its length, and the clocks of two machines differ.
        spread = max(Limits.spread, passPause * 4 / 3)
    }

    /// Whether Kuma may be made to stop those that left.
    func isOver(now: ContinuousClock.Instant) -> Bool { freeAt.map { now >= $0 } ?? true }

    /// - Parameters:
    ///   - leavers: what Kuma may run and the node is not to run any more.
    ///   - phase: how far into the period `now` is.
    mutating func observe(
        _ leavers: Set<MonitorID>, now: ContinuousClock.Instant, phase: Duration, _ readings: KumaReadings
    ) {
        let wasInSight = seenAt.map { now - $0 <= Limits.sight } ?? false
        seenAt = now
        defer { self.leavers = leavers }
        guard !leavers.isEmpty else {
            freeAt = nil
            return
        }
        guard !leavers.isSubset(of: self.leavers) else { return }
        freeAt = wasInSight ? end(of: leavers.count, seenAt: now, phase: phase, readings) : nil
    }

    /// For a while nobody looked.
    mutating func lostSight() { seenAt = nil }

    /// When the last of so many has been started elsewhere, or is within the tolerance.
    private func end(
        of count: Int, seenAt: ContinuousClock.Instant, phase: Duration, _ readings: KumaReadings
    ) -> ContinuousClock.Instant {
        let period = seenAt - phase
        let isLeftToKuma = readings.leaves(starts: count, at: phase + spread)
        // Of what changed around second 00 the other agent cannot say whether Kuma is starting it by itself.
        let settled =
            phase < readings.quietUntil
            ? max(readings.quietUntil, readings.slack + KumaReadings.span(starts: count)) : readings.quietUntil
        let earliest = period + (isLeftToKuma ? readings.period + readings.quietUntil : settled)
        let late = spread - Limits.spread
        return max(seenAt, earliest) + max(.zero, late + KumaReadings.perStart * count - Limits.tolerance)
    }
}

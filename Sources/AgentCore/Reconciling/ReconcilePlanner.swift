package import ClusterCore

/// Decides when Kuma is asked to re-read its assignments. KUMA.md's traps, as rules:
///
/// - one call in flight, and none while an earlier one may still be running;
/// - a call that may have arrived is never repeated;
/// - none between second 50 and second 05 of a minute, nor one so long that it would run into second 00: Kuma's own run
///   of the minute then does the work, and it must not meet ours.
///
/// A value: the caller brings the time and performs the call.
package struct ReconcilePlanner: Sendable {
    package enum Action: Equatable, Sendable {
        case nothing
        /// Call once, and then say `finished`.
        case trigger(timeout: Duration)
    }

    enum Limits {
        /// KUMA.md: 100 to 300 ms for every monitor that starts.
        static let perStart: Duration = .milliseconds(300)
        /// For the call itself and the list it reads.
        static let base: Duration = .seconds(1)
        /// Beyond the estimate, before a call counts as unanswered.
        static let patience: Duration = .seconds(10)
        /// Longer ago than this no call was made that still runs: each ends within its minute, or is given up for lost
        /// after `patience`.
        static let longestCall: Duration = .seconds(60)
        /// First and last second of a minute in which a call may be made or be running.
        static let quietUntil = 5
        static let quietFrom = 50
    }

    private enum Phase: Equatable, Sendable {
        case idle
        case calling(Set<MonitorID>)
    }

    /// What the node runs, as far as we know; nil until the first list: it read its own at its start.
    private var known: Set<MonitorID>?
    private var phase = Phase.idle
    /// A run may still be going on until then: Kuma's own, or one of ours that never answered.
    private var busyUntil: ContinuousClock.Instant?

    package init() {}

    /// - Parameters:
    ///   - assigned: what the database says the node runs.
    ///   - secondOfMinute: of this machine's wall clock, which Kuma's own schedule follows too.
    package mutating func next(
        assigned: Set<MonitorID>, now: ContinuousClock.Instant, secondOfMinute: Int
    ) -> Action {
        guard phase == .idle else { return .nothing }
        guard let known else {
            self.known = assigned
            return .nothing
        }
        guard known != assigned else { return .nothing }
        if let busyUntil, now < busyUntil { return .nothing }
        let estimate = Limits.base + Limits.perStart * assigned.subtracting(known).count
        let end = secondOfMinute + Int(estimate.components.seconds)
        if secondOfMinute >= Limits.quietFrom || (secondOfMinute >= Limits.quietUntil && end >= Limits.quietFrom) {
            // Kuma's own run at second 00 will do it, and takes as long.
            self.known = assigned
            busyUntil = now + .seconds(60 - secondOfMinute + Limits.quietUntil) + estimate
            return .nothing
        }
        // Before second 05 Kuma's run may have read the list before this change: wait, then call.
        guard secondOfMinute >= Limits.quietUntil else { return .nothing }
        phase = .calling(assigned)
        return .trigger(timeout: estimate + Limits.patience)
    }

    /// Another agent spoke for the node until just now. Its last call may still run there, and it made none that was to run
    /// into Kuma's own run of the minute: after that run nothing of it is left.
    package mutating func tookOver(now: ContinuousClock.Instant, secondOfMinute: Int) {
        let end = now + .seconds(60 - secondOfMinute + Limits.quietUntil)
        busyUntil = max(busyUntil ?? end, end)
    }

    package mutating func finished(_ outcome: ReconcileOutcome, now: ContinuousClock.Instant) {
        guard case .calling(let assigned) = phase else { return }
        phase = .idle
        switch outcome {
        case .notSent:
            // The node has seen nothing: the next look may call again.
            break
        case .done, .refused:
            known = assigned
        case .unknown:
            let starts = assigned.subtracting(known ?? []).count
            known = assigned
            // It may run there still; nothing of ours may meet it.
            busyUntil = now + Limits.patience + Limits.perStart * starts
        }
    }
}

package import ClusterCore

/// Decides when Kuma is asked to re-read its assignments. KUMA.md's traps, as rules:
///
/// - one call in flight, and none while an earlier one may still be running;
/// - a call that may have arrived is never repeated;
/// - none between second 50 and second 05 of a minute, nor one so long that it would run into second 00: Kuma's own run
///   of the minute then does the work, and it must not meet ours;
/// - none after second 00 for as long as that run may take to start what was left to it and what it may have found then.
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
        /// After second 00 a look at the list shows what Kuma's run has read, too: its query and our clock may be this late.
        static let slack: Duration = .seconds(2)

        /// How long Kuma's own run of a minute may take that starts so many monitors; the next one then does the rest.
        static func run(starting monitors: Int) -> Duration {
            min(max(base + perStart * monitors, .seconds(quietUntil)), .seconds(quietFrom))
        }
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
    /// When the list was last read and was what the node runs.
    private var sameAt: ContinuousClock.Instant?
    /// Starts that were left to Kuma's own run, and when that begins.
    private var left: (starts: Int, run: ContinuousClock.Instant)?
    /// Kuma's own run that begins then is the first that nothing of a predecessor's meets; nobody knows what it will start.
    private var firstRun: ContinuousClock.Instant?
    /// Somebody edited a monitor on this node that another one runs: until Kuma re-reads its list, it runs it, too.
    private var mayRunStray = false

    package init() {}

    /// Has Kuma re-read its list once, although it did not change.
    package mutating func suspectStray() { mayRunStray = true }

    /// Whether no run of Kuma's can be under way, nor begin while one monitor is started anew: a run that begins between
    /// that monitor's stop and its start would start it a second time.
    package func isQuiet(now: ContinuousClock.Instant, secondOfMinute: Int) -> Bool {
        phase == .idle && (busyUntil.map { now >= $0 } ?? true) && (2..<57).contains(secondOfMinute)
    }

    /// - Parameters:
    ///   - assigned: what the database says the node runs.
    ///   - readAt: when the reading of `assigned` began; nil: not since the last call.
    ///   - secondOfMinute: at `now`, of this machine's wall clock, which Kuma's own schedule follows too.
    package mutating func next(
        assigned: Set<MonitorID>, readAt: ContinuousClock.Instant?, now: ContinuousClock.Instant, secondOfMinute: Int
    ) -> Action {
        guard phase == .idle else { return .nothing }
        if let start = firstRun {
            firstRun = nil
            let end = start + Limits.run(starting: assigned.count)
            busyUntil = max(busyUntil ?? end, end)
        }
        guard let known else {
            self.known = assigned
            sameAt = readAt
            return .nothing
        }
        guard known != assigned || mayRunStray else {
            sameAt = readAt ?? sameAt
            return .nothing
        }
        let starts = assigned.subtracting(known).count
        let minute = now - .seconds(secondOfMinute)
        if let left, now < left.run {
            // That run will do this, too.
            leave(assigned, starts: left.starts + starts, to: left.run)
            return .nothing
        }
        if let busyUntil, now < busyUntil { return .nothing }
        // Kuma's run of this minute may have read the change before we did, and be starting it now, behind what was left to it.
        let isLate = (sameAt ?? minute) < minute + Limits.slack
        let inRun = left.flatMap { $0.run > minute - Limits.slack ? $0.starts : nil } ?? 0
        if isLate, now < minute + Limits.run(starting: inRun + starts) { return .nothing }
        let estimate = Limits.base + Limits.perStart * starts
        let end = secondOfMinute + Int(estimate.components.seconds)
        if secondOfMinute >= Limits.quietFrom || (secondOfMinute >= Limits.quietUntil && end >= Limits.quietFrom) {
            leave(assigned, starts: starts, to: minute + .seconds(60))
            return .nothing
        }
        // Kuma's run of this minute has read the list before this change, and may still be at work: wait, then call.
        guard secondOfMinute >= Limits.quietUntil else { return .nothing }
        mayRunStray = false
        phase = .calling(assigned)
        return .trigger(timeout: estimate + Limits.patience)
    }

    /// Kuma's own run at second 00 will do it, and takes as long as a call.
    private mutating func leave(_ assigned: Set<MonitorID>, starts: Int, to run: ContinuousClock.Instant) {
        mayRunStray = false
        known = assigned
        left = (starts, run)
        let end = run + .seconds(Limits.quietUntil) + Limits.base + Limits.perStart * starts
        busyUntil = max(busyUntil ?? end, end)
    }

    /// Another agent spoke for the node until just now. Its last call may still run there, and it made none that was to run
    /// into Kuma's own run of the minute: after that run nothing of it is left.
    package mutating func tookOver(now: ContinuousClock.Instant, secondOfMinute: Int) {
        firstRun = now + .seconds(60 - secondOfMinute)
    }

    package mutating func finished(_ outcome: ReconcileOutcome, now: ContinuousClock.Instant) {
        guard case .calling(let assigned) = phase else { return }
        phase = .idle
        switch outcome {
        case .notSent:
            // The node has seen nothing: the next look may call again.
            if known == assigned { mayRunStray = true }
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

package import ClusterCore

/// Decides when Kuma is asked to re-read its assignments. The traps of FactsAboutKuma.md, as rules:
///
/// - one call in flight, and none while an earlier one may still be running;
/// - a call that may have arrived is never repeated;
/// - none between second 50 and second 05 of a minute, nor one so long that it would run into second 00: Kuma's own reading
///   then does the work, and it must not meet ours;
/// - none after second 00 for as long as that reading may take;
/// - none only to stop monitors before another node may have started them (`RemovalHold`).
///
/// How long a reading takes depends on what Kuma runs, which nobody tells: `KumaKnowledge` keeps what is sure.
///
/// A value: the caller brings the time and performs the call.
package struct ReconcilePlanner: Sendable {
    /// What the caller does next.
    package enum Action: Equatable, Sendable {
        case nothing
        /// Read the list from the database now and ask again: what was seen last may be a beat old.
        case read
        /// Call once, and then say `finished`.
        case trigger(timeout: Duration)
    }

    enum Limits {
        /// Beyond the estimate, before a call counts as unanswered.
        static let patience: Duration = .seconds(10)
        /// Longer ago than this no call was made that still runs: each ends within its minute, or is given up for lost
        /// after `patience`.
        static let longestCall: Duration = .seconds(60)
    }

    private let readings: KumaReadings
    private var knowledge = KumaKnowledge()
    private var removals: RemovalHold
    private var isCalling = false
    private var hasObserved = false
    /// When the period began that the last pass fell into.
    private var boundary: ContinuousClock.Instant?
    /// Kuma's own reading may be at work until then.
    private var busyUntil: ContinuousClock.Instant?
    /// Somebody edited a monitor on this node that another one runs: until Kuma re-reads its list, it runs it, too.
    private var mayRunStray = false
    /// Whether the call under way is to end that.
    private var isEndingStray = false
    /// A call may still be running there, or would be refused again: the next own reading does what is left.
    private var isLeftToKuma = false

    /// - Parameter passPause: from one pass over the node's monitors to the next, at most.
    package init(_ readings: KumaReadings = KumaReadings(), passPause: Duration = .milliseconds(1_500)) {
        self.readings = readings
        removals = RemovalHold(passPause: passPause)
    }

    /// Has Kuma re-read its list once, although it did not change.
    package mutating func suspectStray() { mayRunStray = true }

    /// Whether no reading of Kuma's can be under way, nor begin while one monitor is started anew: a reading that begins
    /// between that monitor's stop and its start would start it a second time.
    package func isQuiet(now: ContinuousClock.Instant, wallTime: Duration) -> Bool {
        let phase = readings.phase(of: wallTime)
        return !isCalling && !knowledge.mayBeReading && (busyUntil.map { now >= $0 } ?? true)
            && phase >= readings.slack && phase < readings.period * 57 / 60
    }

    /// - Parameters:
    ///   - assigned: what the database says the node runs.
    ///   - readAt: when the reading of `assigned` began; nil: not since the last call.
    ///   - wallTime: at `now`, of this machine, whose clock Kuma's own readings follow too.
    package mutating func next(
        assigned: Set<MonitorID>, readAt: ContinuousClock.Instant?, now: ContinuousClock.Instant, wallTime: Duration
    ) -> Action {
        guard !isCalling else { return .nothing }
        let phase = readings.phase(of: wallTime)
        advance(to: now - phase)
        if let readAt { observe(assigned, at: readAt) }
        removals.observe(knowledge.stops, now: now, phase: phase, readings)
        guard knowledge.isPending || mayRunStray, !knowledge.isUnsettled, !isLeftToKuma else { return .nothing }
        if let busyUntil, now < busyUntil { return .nothing }
        let work = knowledge.work
        guard phase >= readings.quietUntil, !readings.leaves(starts: work.starts, stops: work.stops, at: phase)
        else { return .nothing }
        guard knowledge.mustStart || removals.isOver(now: now) else { return .nothing }
        guard readAt != nil else { return .read }
        isCalling = true
        isEndingStray = mayRunStray
        mayRunStray = false
        knowledge.readingBegins(.asked)
        return .trigger(timeout: KumaReadings.span(starts: work.starts, stops: work.stops) + Limits.patience)
    }

    /// Kuma's own reading begins with each period.
    private mutating func advance(to start: ContinuousClock.Instant) {
        defer { boundary = start }
        guard let boundary, start - boundary > readings.period / 2 else { return }
        isLeftToKuma = false
        mayRunStray = false
        // One that is still starting what its last reading found misses the next; it may long be done.
        let isBusy = busyUntil.map { start < $0 } ?? false
        ownReadingBegins(start, isBusy ? .ownUnlessBusy : .own)
    }

    private mutating func ownReadingBegins(_ start: ContinuousClock.Instant, _ kind: KumaKnowledge.Kind) {
        knowledge.readingBegins(kind)
        knowledge.readingEnds(by: start + readings.slack)
    }

    private mutating func observe(_ assigned: Set<MonitorID>, at readAt: ContinuousClock.Instant) {
        let isFirst = !hasObserved
        hasObserved = true
        let work = knowledge.observe(assigned, at: readAt)
        guard let boundary else { return }
        // Begun in the middle of Kuma's own reading.
        if isFirst, readAt < boundary + readings.slack { ownReadingBegins(boundary, .own) }
        guard let work else { return }
        let end = boundary + readings.slack + KumaReadings.span(starts: work.starts, stops: work.stops)
        busyUntil = max(busyUntil ?? end, end)
    }

    /// Another agent spoke for the node until just now. Its last call may still run there, and it made none that was to run
    /// into Kuma's own reading: after that nothing of it is left.
    package mutating func tookOver() {
        isLeftToKuma = true
        removals.lostSight()
        knowledge.forget()
    }

    /// The node does not answer: it may be starting, and reads its list itself then.
    package mutating func lostSight(now: ContinuousClock.Instant) {
        removals.lostSight()
        knowledge.readingBegins(.possible)
        knowledge.readingEnds(by: now)
    }

    /// How the call of `.trigger` ended; nothing happens where none is under way.
    package mutating func finished(_ outcome: ReconcileOutcome, now: ContinuousClock.Instant) {
        guard isCalling else { return }
        isCalling = false
        switch outcome {
        case .notSent:
            // The node has seen nothing: the next pass may call again.
            knowledge.readingFailed()
            mayRunStray = isEndingStray
        case .done:
            knowledge.readingEnds(by: now)
        case .refused:
            // It would be refused again.
            knowledge.readingFailed()
            isLeftToKuma = true
        case .unknown:
            // It may run there still; nothing of ours may meet it.
            knowledge.readingIsLost()
            isLeftToKuma = true
        }
    }
}

import ClusterCore

/// What a Kuma surely runs, as far as one can tell from passes through the database and from when it read its own list
/// there.
///
/// A reading – its own at second 00, one of ours, or that of a start – sees what stood at some moment between two passes. Of a
/// monitor that both passes and all between show alike, that moment is known; of one that came or went around it, nothing is:
/// it may run or not, and counts as a start in each estimate until a reading has met it at rest. Estimates that took the
/// last pass's list for what Kuma had read were too short when monitors came and went with every pass: two readings met, and
/// one monitor ran twice.
struct KumaKnowledge: Sendable {
    /// How much a reading may have to do.
    struct Work: Sendable, Equatable {
        var starts = 0
        var stops = 0
    }

    enum Kind: Sendable {
        /// Kuma's own, at second 00: nobody says when it is done.
        case own
        /// Kuma's own, unless it was still starting what its last one found: then it made none.
        case ownUnlessBusy
        /// Somebody asked for it, and will say when it is done.
        case asked
        /// Perhaps there is none: the node may have started anew, or a call may be lost.
        case possible
    }

    private struct Reading: Sendable {
        var kind: Kind
        /// Came or went since the last pass before it; of one that may not take place, also what stood to be read.
        var touched: Set<MonitorID>
        /// Not surely running, and assigned at some pass since.
        var starts: Set<MonitorID>
        var stops: Set<MonitorID>
        /// It has surely read its list by then; nil: nobody knows.
        var end: ContinuousClock.Instant?
    }

    /// A monitor that came or went so often within `memory` is expected to do it again.
    private static let restlessAfter = 2
    private static let memory: Duration = .seconds(120)

    /// What the database said last; nil before the first pass.
    private var assigned: Set<MonitorID>?
    private var running: Set<MonitorID> = []
    /// May run or not.
    private var unsure: Set<MonitorID> = []
    private var reading: Reading?
    private var isStranger = false
    private var changes: [MonitorID: (count: Int, last: ContinuousClock.Instant)] = [:]

    /// Whether Kuma may run something else than the database says.
    var isPending: Bool { !unsure.isEmpty || running != assigned ?? [] }

    /// Whether what it last read is not known yet.
    var isUnsettled: Bool { reading != nil }

    /// Whether it may read its list, or be starting what it read, at this moment.
    var mayBeReading: Bool {
        guard let reading else { return false }
        switch reading.kind {
        case .own, .ownUnlessBusy: return true
        case .asked, .possible: return reading.end == nil
        }
    }

    /// Of a reading that begins now, at most.
    var work: Work { Work(starts: starts.count, stops: stops.count) }

    private var starts: Set<MonitorID> {
        let restless = changes.filter { $0.value.count >= KumaKnowledge.restlessAfter }.map(\.key)
        return (assigned ?? []).union(unsure).union(restless).subtracting(running)
    }
    /// Whether the node is to run what it may not run yet.
    var mustStart: Bool { !(assigned ?? []).isSubset(of: running) }
    /// What it may run and the node is not to run.
    var stops: Set<MonitorID> { running.union(unsure).subtracting(assigned ?? []) }

    /// Nothing is known of what it runs.
    mutating func forget() {
        guard assigned != nil else {
            isStranger = true
            return
        }
        readingBegins(.possible)
    }

    /// Kuma reads its list from now on.
    mutating func readingBegins(_ kind: Kind) {
        guard let assigned else { return }
        // Two that are not told apart make one: what neither can have seen differently is known of both. Kuma's own comes
        // in any case, and after whatever was lost before it.
        let earlier = reading?.end == nil ? nil : reading
        var touched = earlier?.touched ?? []
        switch kind {
        case .own, .asked: break
        case .ownUnlessBusy, .possible: touched.formUnion(running.symmetricDifference(assigned).union(unsure))
        }
        reading = Reading(
            kind: kind, touched: touched, starts: starts.union(reading?.starts ?? []),
            stops: stops.union(reading?.stops ?? []), end: earlier?.end)
    }

    /// It has read by then.
    mutating func readingEnds(by end: ContinuousClock.Instant) {
        let known = reading?.end ?? end
        reading?.end = max(known, end)
    }

    /// There was none.
    mutating func readingFailed() { reading = nil }

    /// Nobody knows whether and when it takes place.
    mutating func readingIsLost() {
        reading = nil
        readingBegins(.possible)
    }

    /// - Parameter readAt: when this pass began.
    /// - Returns: when it settles a reading of Kuma's own: what that may have to do.
    mutating func observe(_ next: Set<MonitorID>, at readAt: ContinuousClock.Instant) -> Work? {
        guard let before = assigned else {
            meet(next)
            return nil
        }
        let changed = before.symmetricDifference(next)
        assigned = next
        remember(changed, at: readAt)
        guard var reading else { return nil }
        reading.touched.formUnion(changed)
        reading.starts.formUnion(next.subtracting(running))
        reading.stops.formUnion(running.union(unsure).subtracting(next))
        guard let end = reading.end, readAt >= end else {
            self.reading = reading
            return nil
        }
        self.reading = nil
        running = next.subtracting(reading.touched)
        unsure = reading.touched
        switch reading.kind {
        case .own, .ownUnlessBusy: return Work(starts: reading.starts.count, stops: reading.stops.count)
        case .asked, .possible: return nil
        }
    }

    /// The node read its own list at its start, unless an agent before us had it read another.
    private mutating func meet(_ first: Set<MonitorID>) {
        assigned = first
        if isStranger {
            unsure = first
            reading = Reading(kind: .possible, touched: first, starts: first, stops: [], end: nil)
        } else {
            running = first
        }
    }

    private mutating func remember(_ changed: Set<MonitorID>, at moment: ContinuousClock.Instant) {
        if !changes.isEmpty { changes = changes.filter { moment - $0.value.last <= KumaKnowledge.memory } }
        for monitor in changed {
            changes[monitor] = ((changes[monitor]?.count ?? 0) + 1, moment)
        }
    }
}

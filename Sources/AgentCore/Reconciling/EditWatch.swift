package import ClusterCore
package import ClusterStore

/// Finds out which of the node's monitors hold something else than when Kuma took them up, and when Kuma may be made to
/// take one up anew. A value: the caller looks, reads and calls.
///
/// A monitor that is seen for the first time counts as taken up as it is: Kuma read it when it started it.
package struct EditWatch: Sendable {
    enum Limits {
        /// Between two passes. An edit is to be in effect within 8 s: a pass here, the call, and a pass of the others.
        static let passInterval: Duration = .seconds(2)
        /// The contents are read after this even if the server knows of no write: it forgets, and so does a new host.
        static let readInterval: Duration = .seconds(60)
        /// A read is followed by a pause of so many times its own length: a busy database is left alone, and no agent takes
        /// more than half a percent of it.
        static let share = 200
        /// How long after a write, in seconds of the database's clock, what it wrote may still come to sight: the clock says
        /// whole seconds, and a transaction counts from its first write.
        static let settling: Int64 = 3
        /// Kuma takes 100 calls in 15 minutes from one address unless it is told otherwise (FactsAboutKuma.md), and
        /// re-reading needs its share: at most 15 at once, and one more each 30 s.
        static let burst = 15
        static let refill: Duration = .seconds(30)
        /// Between two re-readings for the sake of strays: a script that edits one monitor after another must not use up
        /// what a failover needs.
        static let strayInterval: Duration = .seconds(30)
        /// After a call that Kuma did not answer, or that was one too many.
        static let rest: Duration = .seconds(15)
    }

    /// What a pass calls for.
    package struct Findings: Equatable, Sendable {
        /// The contents must be read.
        package var mustRead = false
        /// Another node's monitor was edited, perhaps on this node, which then runs it, too.
        package var mayRunStray = false
    }

    private var known: MonitorContents?
    private var edited: [MonitorID: MonitorContent] = [:]
    private var lastWrite: Int64?
    private var seenMark: EditMark??
    private var ownMark: EditMark?
    /// Another agent announced an edit, and Kuma was not yet made to re-read its list for that.
    private var isStrayDue = false
    private var nextStray: ContinuousClock.Instant?
    /// An edit came to sight that the other agents do not know of yet.
    package private(set) var mustAnnounce = false
    private var nextPass: ContinuousClock.Instant?
    /// When to read whatever the pass says, and the earliest time to read at all.
    private var nextRead: ContinuousClock.Instant?
    private var earliestRead: ContinuousClock.Instant?
    /// A pass said that something may have changed, and nothing was read since.
    private var isReadDue = false
    private var calls = Limits.burst
    private var refilledAt: ContinuousClock.Instant?
    private var restsUntil: ContinuousClock.Instant?

    package init() {}

    /// Monitors that Kuma has yet to take up.
    package var waiting: Int { edited.count }

    /// Whether the database is to be asked for its writes now; the answer goes to `observed`.
    package func isPassDue(now: ContinuousClock.Instant) -> Bool { nextPass.map { now >= $0 } ?? true }

    /// Kuma starts anew and reads everything then.
    package mutating func forget() {
        known = nil
        edited = [:]
        nextRead = nil
    }

    /// Takes what the database says of its writes.
    /// - Returns: what is to be done about it: `mustRead` comes again until the contents were read, a stray is named once.
    package mutating func observed(_ writes: MonitorWrites, now: ContinuousClock.Instant) -> Findings {
        nextPass = now + Limits.passInterval
        var findings = Findings()
        let isFresh = writes.lastWrite.map { writes.now - $0 <= Limits.settling } ?? false
        if known == nil || writes.lastWrite != lastWrite || isFresh || (nextRead.map { now >= $0 } ?? true) {
            isReadDue = true
        }
        findings.mustRead = isReadDue && (earliestRead.map { now >= $0 } ?? true)
        lastWrite = writes.lastWrite
        if let seenMark, seenMark != writes.edit, writes.edit != ownMark { isStrayDue = true }
        seenMark = .some(writes.edit)
        if isStrayDue, nextStray.map({ now >= $0 }) ?? true {
            isStrayDue = false
            nextStray = now + Limits.strayInterval
            findings.mayRunStray = true
        }
        return findings
    }

    /// - Parameters:
    ///   - contents: of all monitors that the node runs.
    ///   - took: how long it took to read them.
    package mutating func read(_ contents: MonitorContents, took: Duration, now: ContinuousClock.Instant) {
        isReadDue = false
        nextRead = now + Limits.readInterval
        rest(after: took, now: now)
        guard let known, known.columns == contents.columns else {
            self.known = contents
            edited = [:]
            return
        }
        let before = edited
        edited = contents.byMonitor.filter { monitor, content in
            known.byMonitor[monitor].map { $0 != content } ?? false
        }
        let kept = edited.keys.compactMap { id in known.byMonitor[id].map { (id, $0) } }
        self.known = MonitorContents(
            columns: contents.columns, byMonitor: contents.byMonitor.merging(kept) { $1 })
        if edited.contains(where: { before[$0.key] != $0.value }) { mustAnnounce = true }
    }

    /// The contents could not be read; whoever answers slowly is asked less often, as after a read.
    package mutating func readFailed(took: Duration, now: ContinuousClock.Instant) { rest(after: took, now: now) }

    private mutating func rest(after took: Duration, now: ContinuousClock.Instant) {
        earliestRead = now + min(took * Limits.share, Limits.readInterval)
    }

    /// Whether a monitor may be taken up now; then the list of the node's monitors is to be read anew for `next`.
    package mutating func isCallDue(now: ContinuousClock.Instant) -> Bool {
        refill(now: now)
        return calls > 0 && !edited.isEmpty && (restsUntil.map { now >= $0 } ?? true)
    }

    /// The monitor to have taken up now, one at a time; its call has then to be reported by `refreshed`.
    /// - Parameter assigned: what the node runs now: Kuma would start a monitor that left meanwhile.
    package mutating func next(among assigned: [MonitorID], now: ContinuousClock.Instant) -> MonitorID? {
        let assigned = Set(assigned)
        edited = edited.filter { assigned.contains($0.key) }
        guard isCallDue(now: now), let monitor = edited.keys.min() else { return nil }
        calls -= 1
        return monitor
    }

    private mutating func refill(now: ContinuousClock.Instant) {
        if let refilledAt {
            let earned = Int((now - refilledAt) / Limits.refill)
            if earned > 0 {
                calls = min(calls + earned, Limits.burst)
                self.refilledAt = now
            }
        } else {
            refilledAt = now
        }
    }

    /// How the call for a monitor of `next` ended: after a refusal it counts as taken up, for it would be refused again;
    /// after no answer, or one too many, all calls rest.
    package mutating func refreshed(_ monitor: MonitorID, _ outcome: RefreshOutcome, now: ContinuousClock.Instant) {
        switch outcome {
        case .done, .refused:
            guard let content = edited.removeValue(forKey: monitor), let known else { return }
            self.known = MonitorContents(
                columns: known.columns, byMonitor: known.byMonitor.merging([monitor: content]) { $1 })
        case .tooMany, .unanswered:
            restsUntil = now + Limits.rest
        }
    }

    /// This agent announced an edit: no news to itself.
    package mutating func announced(_ mark: EditMark) {
        ownMark = mark
        mustAnnounce = false
    }
}

/// Decides which silent nodes a balancer may speak for. A node speaks for itself; silence must be its own, not that of
/// the database or the network (Judging.md).
///
/// A value without a clock: ages come from the database, instants from the caller.
package struct SilenceJudge: Sendable {
    /// How long a silence must last.
    package struct Limits: Sendable, Equatable {
        /// `REPORT_TTL`: four missed beats.
        package var reportTTL: Duration = .seconds(8)
        /// How much longer to wait when more than half of the nodes fall silent within one TTL: a network blip.
        package var massWait: Duration = .seconds(15)

        package init() {}
    }

    /// What one observation of all nodes found, beside who is silent.
    package enum Observation: Sendable, Equatable {
        case ordinary
        /// More than half fell silent together; nobody speaks for them yet.
        case massSilenceBegan(nodes: Int)
        /// It lasted: whoever is still silent is judged like any other.
        case massSilenceEnded
    }

    package let limits: Limits
    /// Nobody is judged silent before this: the database was away, so nobody could report.
    private var graceEnds: ContinuousClock.Instant?
    private var massWaitEnds: ContinuousClock.Instant?
    /// When each silent node's TTL ran out.
    private var fellSilent: [NodeID: ContinuousClock.Instant] = [:]
    /// When each node that is not silent was last seen to have missed two beats, within one TTL. Cut off in one moment,
    /// nodes fall silent – and come back – one after another, as their beats were: without the others' missed beats, the
    /// first to fall silent and the last to come back would be judged as if they were alone.
    private var wasOverdue: [NodeID: ContinuousClock.Instant] = [:]
    /// Of nodes whose last report is dated in the future, because the database's clock stepped back since: that date by
    /// our clock, and when we first saw it. Its age would be nothing for as long as the step.
    private var ahead: [NodeID: (date: ContinuousClock.Instant, since: ContinuousClock.Instant)] = [:]
    /// Nodes that fell silent before the mass silence, or alone, stay spoken for during it.
    private var released: Set<NodeID> = []

    /// Silent nodes, detached ones included: those that do not speak for themselves now.
    package private(set) var silent: Set<NodeID> = []
    /// Of these, the nodes a balancer may speak for now.
    package var speakable: Set<NodeID> { released }
    /// Of these, the nodes whose silence may not be their own: nobody knows whether they live.
    package var unjudged: Set<NodeID> { silent.subtracting(released) }

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// The database answers after an absence, or for the first time, or its clock was set: one full TTL must pass. That
    /// holds for those who were spoken for as well: they may have reported while we did not look, and be silent now only
    /// because nobody could report.
    package mutating func databaseReturned(now: ContinuousClock.Instant) {
        graceEnds = now + limits.reportTTL
        released = []
    }

    /// - Parameter nodes: every node's row, with ages as of `now`.
    package mutating func observe(_ nodes: [NodeRecord], now: ContinuousClock.Instant) -> Observation {
        note(nodes, now: now)
        let detached = Set(nodes.lazy.filter { $0.agentHealth == .detached }.map(\.id))
        released = released.intersection(silent).union(detached)
        if let graceEnds {
            guard now >= graceEnds else { return .ordinary }
            self.graceEnds = nil
        }
        // Everybody is back, or was spoken for before: the next blip has a wait of its own.
        if fellSilent.keys.allSatisfy({ released.contains($0) }) { massWaitEnds = nil }
        if let massWaitEnds {
            guard now >= massWaitEnds else { return .ordinary }
            self.massWaitEnds = nil
            released = silent
            return .massSilenceEnded
        }
        // Whoever never had an agent cannot fall silent.
        let reporting = nodes.count { $0.reportAge != nil && $0.agentHealth != .detached }
        let together = fellSilent.values.count { now - $0 <= limits.reportTTL }
        if together > 0, 2 * (together + wasOverdue.count) > reporting {
            massWaitEnds = now + limits.massWait
            return .massSilenceBegan(nodes: together + wasOverdue.count)
        }
        released = silent
        return .ordinary
    }

    private mutating func note(_ nodes: [NodeRecord], now: ContinuousClock.Instant) {
        var fell: [NodeID: ContinuousClock.Instant] = [:]
        var overdue: [NodeID: ContinuousClock.Instant] = [:]
        var dated: [NodeID: (date: ContinuousClock.Instant, since: ContinuousClock.Instant)] = [:]
        silent = []
        for node in nodes {
            // Detached on purpose: silent at once, and no sign of trouble with anybody else.
            if node.agentHealth == .detached {
                silent.insert(node.id)
                continue
            }
            guard var age = node.reportAge else {
                silent.insert(node.id)
                continue
            }
            if let since = sinceWhenAhead(node.id, date: now - age, now: now) {
                dated[node.id] = (now - age, since)
                age = now - since
            }
            guard age > limits.reportTTL else {
                let last = age > limits.reportTTL / 2 ? now : wasOverdue[node.id]
                if let last, now - last <= limits.reportTTL { overdue[node.id] = last }
                continue
            }
            silent.insert(node.id)
            fell[node.id] = fellSilent[node.id] ?? now - (age - limits.reportTTL)
        }
        fellSilent = fell
        wasOverdue = overdue
        ahead = dated
    }

    /// Since when we have seen a report of that date, if it lies in the future or did when we first saw it.
    private func sinceWhenAhead(
        _ node: NodeID, date: ContinuousClock.Instant, now: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        // The same report: its date, computed anew with each poll, differs by the time that polls take.
        if let known = ahead[node], (DatabaseClock.leastAge...DatabaseClock.tolerance).contains(date - known.date) {
            return known.since
        }
        return now - date < DatabaseClock.leastAge ? now : nil
    }
}

/// How often each node went offline lately, and how long it must therefore be stable before it gets its monitors back.
package struct FlapHistory: Sendable {
    /// How long a node is watched before it gets its monitors back.
    package struct Limits: Sendable, Equatable {
        /// `RETURN_HOLD`: long enough that a restart loop of Kuma shows (it needs 4 to 6 s a round, <doc:FactsAboutKuma>).
        package var hold: Duration = .seconds(30)
        /// What counts as lately.
        package var window: Duration = .seconds(600)
        /// The hold never grows beyond the window in which its reasons are forgotten.
        package var longestHold: Duration { window }
        /// Times remembered for a node: the hold is at its longest well before.
        package static let remembered = 16

        package init() {}
    }

    private struct Trace {
        var status: NodeStatus
        var wentOffline: [ContinuousClock.Instant] = []
    }

    package let limits: Limits
    private var traces: [NodeID: Trace] = [:]

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Takes every node's believed status; nodes that are no longer there are forgotten.
    package mutating func observe(_ nodes: [(id: NodeID, status: NodeStatus)], now: ContinuousClock.Instant) {
        var next: [NodeID: Trace] = [:]
        for node in nodes {
            var trace = traces[node.id] ?? Trace(status: node.status)
            if node.status == .offline, trace.status != .offline {
                trace.wentOffline = trace.wentOffline.suffix(Limits.remembered - 1) + [now]
            }
            trace.status = node.status
            next[node.id] = trace
        }
        traces = next
    }

    /// Times it went offline within the window.
    package func flaps(of node: NodeID, now: ContinuousClock.Instant) -> Int {
        traces[node]?.wentOffline.count { now - $0 <= limits.window } ?? 0
    }

    /// The plain hold after one outage, doubled for each further one within the window.
    package func hold(for node: NodeID, now: ContinuousClock.Instant) -> Duration {
        let further = max(flaps(of: node, now: now) - 1, 0)
        return min(limits.hold * (1 << min(further, Limits.remembered)), max(limits.longestHold, limits.hold))
    }
}

/// Since when each node has been fit, as far as this process saw and as the database says: both must agree before a
/// return, since Kuma writes `online` on its own and `status_since` says nothing of maintenance.
package struct StabilityWatch: Sendable {
    /// By node; nil while it is not fit.
    private var fitSince: [NodeID: ContinuousClock.Instant?] = [:]

    package init() {}

    /// - Parameter nodes: every node, with ages as of `now`; nodes that are no longer there are forgotten.
    package mutating func observe(_ nodes: [(record: NodeRecord, ownership: Ownership)], now: ContinuousClock.Instant) {
        var next: [NodeID: ContinuousClock.Instant?] = [:]
        for node in nodes {
            switch node.ownership {
            case .wavering, .reserve, .retiring, .lost, .untouched:
                next[node.record.id] = .some(nil)
            case .fit:
                switch fitSince[node.record.id] {
                // First sight: this process has nothing to say, so the database's word counts alone.
                case nil: next[node.record.id] = now - max(node.record.statusAge ?? .zero, .zero)
                case .some(nil): next[node.record.id] = now
                case .some(.some(let since)): next[node.record.id] = since
                }
            }
        }
        fitSince = next
    }

    /// Whether the node has been fit for `hold`, by both accounts.
    package func isStable(
        _ node: NodeRecord, for hold: Duration, limits: HealthJudge.Limits, now: ContinuousClock.Instant
    ) -> Bool {
        guard node.okStreak >= limits.rise, let since = fitSince[node.id] ?? nil else { return false }
        guard now - since >= hold, let age = node.statusAge else { return now - since >= hold }
        // A status from the future: the database's clock stepped back since, and its word would count for nothing for as
        // long as the step.
        return age >= hold || age < DatabaseClock.leastAge
    }
}

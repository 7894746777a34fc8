package import ClusterCore
package import ClusterStore

/// What this agent holds of its node: the judge, the last finding and its age, and whether the database's own belief was
/// taken into account yet. A value without clock, socket or store.
///
/// A process may stand still for a while – SIGSTOP, a suspended machine, memory that is swapped in. What it then still
/// holds is the past: a probe that ended too late says nothing of the node, and a judgement that no probe renewed in time
/// is not reported before one has.
package struct NodeJudgement: Sendable {
    /// What a probe changed.
    package struct Change: Equatable, Sendable {
        /// The new status; nil where it is as before, and before the database's belief was adopted.
        package var became: NodeStatus?
        /// The finding turned to or from `degraded`, which changes no status but is worth telling.
        package var health: AgentHealth?
    }

    /// Whether a finding counts.
    package enum Recording: Equatable, Sendable {
        case counted(Change)
        /// The probe outlasted its own limit: this process stood still, and the finding is not the node's. Nothing changed.
        case lapsed
    }

    /// How late a timer may fire or a task be run on a busy machine before it counts as a standstill.
    static let patience: Duration = .seconds(1)

    private let limits: HealthJudge.Limits
    private let probeTimeout: Duration
    private var judge: HealthJudge
    /// When the probe that is under way began.
    private var probeBegan: ContinuousClock.Instant?
    private var lastEnded: ContinuousClock.Instant?
    /// The process stood still since the last finding: only the next one counts again.
    private var isOutdated = false
    /// The last finding that counted; nil before the first one.
    package private(set) var last: ProbeResult?
    /// Whether the database was asked for its belief, be it that there is no row.
    package private(set) var hasAdopted = false

    /// Until the database's belief is known, a node counts as recovering: three good probes prove it, one bad one does
    /// not make an offline node look online.
    /// - Parameter probeTimeout: after which a probe ends by itself.
    package init(limits: HealthJudge.Limits, probeTimeout: Duration) {
        self.limits = limits
        self.probeTimeout = probeTimeout
        judge = HealthJudge(startingAs: .recovering, limits: limits)
    }

    /// What is believed of the node; a guess until the database's belief is adopted.
    package var status: NodeStatus { judge.status }
    /// Until the next probe, without jitter.
    package var interval: Duration { judge.interval }

    /// What the last finding that counted said; nil before the first one. Never `.detached`.
    package var health: AgentHealth? {
        last.map { result in
            switch result.finding {
            case .healthy: .healthy
            case .degraded: .degraded
            case .unhealthy: .unhealthy
            }
        }
    }

    /// Called right before each probe. A finding that is too old by then is not reported any more, not even while this one
    /// is under way.
    package mutating func probeBegins(now: ContinuousClock.Instant) {
        // A probe that has begun makes the finding before it no younger.
        if !isFresh(now: now) { isOutdated = true }
        probeBegan = now
    }

    /// Takes what the probe found that began last.
    package mutating func record(_ result: ProbeResult, now: ContinuousClock.Instant) -> Recording {
        if let probeBegan, now - probeBegan > probeTimeout + NodeJudgement.patience {
            self.probeBegan = nil
            isOutdated = true
            return .lapsed
        }
        probeBegan = nil
        lastEnded = now
        isOutdated = false
        let before = health
        last = result
        var change = Change()
        switch judge.record(result.finding) {
        case .unchanged: break
        // Before the database's belief is known, a verdict is a guess that nobody should read in the history.
        case .became(let status): change.became = hasAdopted ? status : nil
        }
        change.health = health == before ? nil : health
        return .counted(change)
    }

    /// Whether the last finding is as new as probing without a standstill makes it: no older than the pause between two
    /// probes, or than a probe that is under way.
    private func isFresh(now: ContinuousClock.Instant) -> Bool {
        guard !isOutdated else { return false }
        if let probeBegan { return now - probeBegan <= probeTimeout + NodeJudgement.patience }
        let pause = Jitter.spread(limits.steadyInterval, draw: 1)
        return lastEnded.map { now - $0 <= pause + NodeJudgement.patience } ?? false
    }

    /// Starts over from what the database believes, and counts what was seen meanwhile on top of it. So restarting an
    /// agent beside a living node never takes the node away, however long the database took to answer.
    /// - Parameter status: the row's; nil when there is no row yet.
    /// - Returns: the status, when the probes made so far already prove another than the row's.
    package mutating func adopt(_ status: NodeStatus?) -> NodeStatus? {
        guard !hasAdopted else { return nil }
        hasAdopted = true
        guard let status else { return judge.status == .recovering ? nil : judge.status }
        let (successes, failures) = (min(judge.okStreak, limits.rise), min(judge.failStreak, limits.fall))
        judge = HealthJudge(startingAs: status, limits: limits)
        for _ in 0..<successes { _ = judge.record(.healthy) }
        for _ in 0..<failures { _ = judge.record(.unhealthy) }
        return judge.status == status ? nil : judge.status
    }

    /// The beat to write; nil before the first probe ended or the database's belief was adopted, and while a judgement
    /// from before a standstill waits for a probe.
    package func report(for configuration: AgentConfiguration, now: ContinuousClock.Instant) -> AgentReport? {
        guard hasAdopted, isFresh(now: now), let health, let last else { return nil }
        return AgentReport(
            node: configuration.node, name: configuration.name, host: configuration.host,
            isPrimary: configuration.isPrimary, instance: configuration.instance, version: configuration.version,
            status: judge.status, health: health, detail: last.detail, okStreak: judge.okStreak,
            failStreak: judge.failStreak, probeTime: last.duration, interval: limits.steadyInterval,
            hostPrecedence: configuration.hostPrecedence)
    }
}

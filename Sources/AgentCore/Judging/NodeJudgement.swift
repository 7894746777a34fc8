package import ClusterCore
package import ClusterStore

/// What this agent holds of its node: the judge, the last finding, and whether the database's own belief was taken into
/// account yet. A value without clock, socket or store.
package struct NodeJudgement: Sendable {
    /// What a probe changed.
    package struct Change: Equatable, Sendable {
        package var became: NodeStatus?
        /// The finding turned to or from `degraded`, which changes no status but is worth telling.
        package var health: AgentHealth?
    }

    private let limits: HealthJudge.Limits
    private var judge: HealthJudge
    package private(set) var last: ProbeResult?
    package private(set) var hasAdopted = false

    /// Until the database's belief is known, a node counts as recovering: three good probes prove it, one bad one does
    /// not make an offline node look online.
    package init(limits: HealthJudge.Limits) {
        self.limits = limits
        judge = HealthJudge(startingAs: .recovering, limits: limits)
    }

    package var status: NodeStatus { judge.status }
    package var interval: Duration { judge.interval }

    package var health: AgentHealth? {
        last.map { result in
            switch result.finding {
            case .healthy: .healthy
            case .degraded: .degraded
            case .unhealthy: .unhealthy
            }
        }
    }

    package mutating func record(_ result: ProbeResult) -> Change {
        let before = health
        last = result
        var change = Change()
        switch judge.record(result.finding) {
        case .unchanged: break
        // Before the database's belief is known, a verdict is a guess that nobody should read in the history.
        case .became(let status): change.became = hasAdopted ? status : nil
        }
        change.health = health == before ? nil : health
        return change
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

    /// The beat to write; nil before the first probe ended or the database's belief was adopted.
    package func report(for configuration: AgentConfiguration) -> AgentReport? {
        guard hasAdopted, let health, let last else { return nil }
        return AgentReport(
            node: configuration.node, name: configuration.name, host: configuration.host,
            isPrimary: configuration.isPrimary, instance: configuration.instance, version: configuration.version,
            status: judge.status, health: health, detail: last.detail, okStreak: judge.okStreak,
            failStreak: judge.failStreak, probeTime: last.duration)
    }
}

/// Turns single probe results into a status, so that one lost packet moves nothing: `fall` failures in a row make a
/// node offline, and from there `rise` successes in a row make it online again, by way of `recovering`.
///
/// The same judge serves the agent beside a node, the balancer that speaks for a silent node, and the prober that feeds
/// routing. A value: it holds no clock; the caller asks for `interval` and waits.
package struct HealthJudge: Sendable, Equatable {
    /// The numbers of one judge. Judging.md says what they mean.
    package struct Limits: Sendable, Equatable {
        /// Successes in a row before a node counts as online.
        package var rise = 3
        /// Failures in a row before a node counts as offline.
        package var fall = 3
        /// Between probes while nothing changes.
        package var steadyInterval: Duration = .seconds(2)
        /// Between probes while the judgement is changing: a verdict is then three probes, so one second, away.
        package var changingInterval: Duration = .milliseconds(500)

        package init() {}
    }

    /// What one finding did to the status.
    package enum Verdict: Sendable, Equatable {
        case unchanged
        case became(NodeStatus)
    }

    package let limits: Limits
    /// What is believed after the last finding; before the first one what the judge was started with.
    package private(set) var status: NodeStatus
    /// Successes in a row, never above what a column of 32 bits holds.
    package private(set) var okStreak = 0
    /// Failures in a row, under the same bound; one success makes it 0, as one failure does to `okStreak`.
    package private(set) var failStreak = 0

    /// - Parameter status: what is believed before the first probe; an agent passes what the database holds, so that
    ///   restarting an agent never makes a living node flap.
    package init(startingAs status: NodeStatus, limits: Limits = Limits()) {
        self.status = status
        self.limits = limits
    }

    /// Takes the next finding, in the order in which the probes ended. A degraded node answers: that is a success.
    package mutating func record(_ finding: ProbeResult.Finding) -> Verdict {
        switch finding {
        case .healthy, .degraded: succeed()
        case .unhealthy: fail()
        }
    }

    private mutating func succeed() -> Verdict {
        okStreak = min(okStreak + 1, Int(Int32.max))
        failStreak = 0
        switch status {
        case .online:
            return .unchanged
        case .offline, .recovering:
            return become(okStreak >= limits.rise ? .online : .recovering)
        }
    }

    private mutating func fail() -> Verdict {
        failStreak = min(failStreak + 1, Int(Int32.max))
        okStreak = 0
        switch status {
        case .offline:
            return .unchanged
        case .recovering:
            return become(.offline)
        case .online:
            return failStreak >= limits.fall ? become(.offline) : .unchanged
        }
    }

    private mutating func become(_ next: NodeStatus) -> Verdict {
        guard next != status else { return .unchanged }
        status = next
        return .became(next)
    }

    /// Whether the next probes can change the status.
    package var isChanging: Bool {
        switch status {
        case .online: failStreak > 0
        case .recovering: true
        case .offline: okStreak > 0
        }
    }

    /// How long to wait before the next probe, without jitter.
    package var interval: Duration { isChanging ? limits.changingInterval : limits.steadyInterval }
}

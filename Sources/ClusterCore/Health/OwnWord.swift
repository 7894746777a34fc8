/// Whether a node's own agent has found it offline by checks of which none can be from before a moment at which the database
/// came back, or at which we began to look. A frozen database makes Kuma hang (<doc:FactsAboutKuma>), and the first words
/// after it are of checks that timed out in it: each check takes as long as the last one did, so the age of the judgement
/// is known.
package enum OwnWord {
    /// - Parameters:
    ///   - node: with ages as of `now`.
    ///   - moment: the outage's end.
    package static func isOffline(
        _ node: NodeRecord, judgedSince moment: ContinuousClock.Instant, now: ContinuousClock.Instant,
        limits: HealthJudge.Limits
    ) -> Bool {
        guard node.believedStatus(limits) == .offline, node.failStreak >= limits.fall,
            node.agentHealth == .unhealthy, let age = node.reportAge, age >= .zero, let check = node.probeTime
        else { return false }
        let judging = check * limits.fall + limits.changingInterval * (limits.fall - 1)
        return now - age - judging >= moment
    }
}

/// Two clocks of the database disagreed by more than `DatabaseClock.tolerance`: one was set, or two hosts differ.
package struct ClockSkew: Sendable, Equatable {
    /// Positive: the clock that was met later is ahead.
    package let amount: Duration
    /// By this machine's clock.
    package let seenAt: ContinuousClock.Instant

    package init(amount: Duration, seenAt: ContinuousClock.Instant) {
        self.amount = amount
        self.seenAt = seenAt
    }
}

/// What is expected of the clocks of database hosts.
package enum DatabaseClock {
    /// How far the clocks of two database hosts may be apart unreported (<doc:Tables>): what one of them wrote may seem this
    /// much too long, or too young, to the other.
    package static let tolerance: Duration = .seconds(1)
    /// An age below this is of something from the future: the clock stepped back since it was written.
    package static let leastAge: Duration = .zero - tolerance
}

/// Compares the database's clock with the monotonic clock of this machine from one poll to the next. It sees a clock that
/// was set, and a fail-over to a host with another clock: from then on every age that the database computes is off by the
/// same step until its row is written anew. How late a slow answer came is no step: only the span between question and
/// answer is known, and only what no moment in it explains counts. Polls that agree narrow that span together, so that a
/// slow one hides no step behind it.
package struct DatabaseClockWatch: Sendable {
    /// The database's time less ours, at least and at most.
    private var offset: ClosedRange<Duration>?
    private var origin: ContinuousClock.Instant?

    package init() {}

    /// - Parameters:
    ///   - time: what the database's clock said, since 1970; nil when it was not asked.
    ///   - asked: before the question was sent.
    ///   - answered: when the answer was there.
    /// - Returns: by how much its clock moved against ours, when that is more than the tolerance.
    package mutating func observe(
        _ time: Duration?, asked: ContinuousClock.Instant, answered: ContinuousClock.Instant
    ) -> Duration? {
        guard let time, answered >= asked else { return nil }
        let start = origin ?? asked
        origin = start
        let now = (time - (answered - start))...(time - (asked - start))
        guard let before = offset else {
            offset = now
            return nil
        }
        guard !before.overlaps(now) else {
            offset = before.clamped(to: now)
            return nil
        }
        offset = now
        if now.lowerBound - before.upperBound > DatabaseClock.tolerance { return now.lowerBound - before.upperBound }
        if before.lowerBound - now.upperBound > DatabaseClock.tolerance { return now.upperBound - before.lowerBound }
        return nil
    }
}

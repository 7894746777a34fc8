/// How long to wait before the next attempt: doubles with each failure, spread by jitter so that a hundred agents do not
/// come back together. A value; it holds no clock.
package struct Backoff: Sendable, Equatable {
    /// The step after the first failure.
    package let first: Duration
    /// No step is longer, however many failures there were.
    package let most: Duration
    /// In a row, since the last success; counted up to 32, long after the step has stopped growing.
    package private(set) var failures = 0

    /// Defaults: the first retry is nearly at once, for a restarted server; 2 s is the agent's own beat.
    package init(first: Duration = .milliseconds(100), most: Duration = .seconds(2)) {
        self.first = first
        self.most = most
    }

    /// After a success: the next failure waits for the `first` step again.
    package mutating func reset() { failures = 0 }

    /// Counts one failure and says how long to wait.
    /// - Parameter draw: a random number of 0 to 1; the wait is between half of the step and the whole.
    package mutating func failed(draw: Double) -> Duration {
        var step = first
        for _ in 0..<failures where step < most { step = step * 2 }
        failures = min(failures + 1, 32)
        return min(step, most) * (0.5 + 0.5 * min(max(draw, 0), 1))
    }
}

/// This balancer's passes through the database.
package struct PassStatistics: Sendable {
    /// Those that came to their end.
    package var count = 0
    /// When the last one ended.
    package var last: ContinuousClock.Instant?
    /// From its beginning to its end; nil before the first that came to its end.
    package var lastDuration: Duration?
    /// Those that an error of the database ended.
    package var failures = 0
    /// Polls of the tables, and what they took in all.
    package var polls = 0
    /// From each question until everything that it calls for is read.
    package var pollTime: Duration = .zero

    package init() {}

    mutating func polled(in span: Duration) {
        polls += 1
        pollTime += span
    }
}

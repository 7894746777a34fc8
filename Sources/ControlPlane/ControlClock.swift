import ClusterCore
import Glibc

/// Time, as the control plane sees it. Nothing below reads a clock or sleeps by itself, so that a simulator can drive
/// the whole of it with virtual time.
package struct ControlClock: Sendable {
    /// Of the monotonic clock: only spans between two of these mean anything.
    package let now: @Sendable () -> ContinuousClock.Instant
    /// - Throws: `CancellationError` when the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// Since 1970 by this machine's wall clock: Kuma's own readings follow the clocks of the machines, not the database's.
    package let wallTime: @Sendable () -> Duration
    /// Nanoseconds of CLOCK_MONOTONIC, as the data plane stamps ejections.
    package let monotonicNanoseconds: @Sendable () -> UInt64
    /// A random number of 0 to 1, for jitter.
    package let draw: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        wallTime: @escaping @Sendable () -> Duration,
        monotonicNanoseconds: @escaping @Sendable () -> UInt64,
        draw: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.wallTime = wallTime
        self.monotonicNanoseconds = monotonicNanoseconds
        self.draw = draw
    }

    /// The machine's.
    package static let system = ControlClock(
        now: { ContinuousClock.now },
        sleep: { try await ContinuousClock().sleep(for: $0) },
        wallTime: WallClock.sinceEpoch,
        monotonicNanoseconds: {
            var time = timespec()
            // SAFETY: `time` outlives the call; CLOCK_MONOTONIC always exists (clock_gettime(2)).
            clock_gettime(CLOCK_MONOTONIC, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        },
        draw: { Double.random(in: 0...1) }
    )
}

import Glibc

/// The clock on the wall: Kuma's own readings follow it, and so does whoever must not meet them.
package enum WallClock {
    /// Since 1970-01-01 00:00 UTC.
    package static func sinceEpoch() -> Duration {
        var time = timespec()
        // SAFETY: `time` outlives the call; CLOCK_REALTIME always exists (clock_gettime(2)).
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}

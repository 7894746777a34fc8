import FoundationEssentials

/// The clock on the wall: Kuma's minute runs follow it, nothing else does.
package enum WallClock {
    /// Since 1970-01-01 00:00 UTC.
    package static func sinceEpoch() -> Duration { .seconds(Date().timeIntervalSince1970) }
}

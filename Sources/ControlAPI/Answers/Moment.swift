import ClusterCore
import FoundationEssentials

/// One "now" for a whole answer, so that no two fields of it disagree: the wall clock for people, the monotonic clock
/// for everything that is measured.
struct Moment: Sendable {
    let wall: Date
    let instant: ContinuousClock.Instant

    static var now: Moment { Moment(wall: .now, instant: .now) }

    var timestamp: Timestamp { Timestamp(seconds: Int(wall.timeIntervalSince1970)) }

    var time: TimeText { Moment.time(wall) }

    func time(ago span: Duration) -> TimeText { Moment.time(wall.addingTimeInterval(-span.seconds)) }

    func time(_ past: ContinuousClock.Instant) -> TimeText { time(ago: past.duration(to: instant)) }

    /// - Parameter span: since 1970, UTC.
    static func time(sinceEpoch span: Duration) -> TimeText { time(Date(timeIntervalSince1970: span.seconds)) }

    /// Reads ISO-8601 with or without fractions of a second; nil for anything else.
    /// - Returns: since 1970, UTC, to the millisecond.
    static func sinceEpoch(_ text: String) -> Duration? {
        for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()] {
            guard let date = try? style.parse(text) else { continue }
            return .milliseconds(Int((date.timeIntervalSince1970 * 1_000).rounded()))
        }
        return nil
    }

    private static func time(_ date: Date) -> TimeText {
        TimeText(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}

extension Duration {
    /// Whole milliseconds, the unit of every `…_ms` field.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

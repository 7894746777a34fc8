import ClusterCore
import FoundationEssentials

/// One "now" for a whole answer, so that no two fields of it disagree: the wall clock for people, the monotonic clock
/// for everything that is measured.
struct Moment: Sendable {
    let wall: Date
    let instant: ContinuousClock.Instant

    static var now: Moment { Moment(wall: .now, instant: .now) }

    /// Unix seconds.
    var timestamp: JSON { .integer(Int(wall.timeIntervalSince1970)) }

    /// ISO-8601 UTC with milliseconds.
    var text: String { Moment.text(wall) }

    func text(ago span: Duration) -> String { Moment.text(wall.addingTimeInterval(-span.seconds)) }

    func text(_ past: ContinuousClock.Instant) -> String { text(ago: past.duration(to: instant)) }

    /// - Parameter span: since 1970, UTC.
    static func text(sinceEpoch span: Duration) -> String { text(Date(timeIntervalSince1970: span.seconds)) }

    /// Reads ISO-8601 with or without fractions of a second; nil for anything else.
    /// - Returns: since 1970, UTC, to the millisecond.
    static func sinceEpoch(_ text: String) -> Duration? {
        for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()] {
            guard let date = try? style.parse(text) else { continue }
            return .milliseconds(Int((date.timeIntervalSince1970 * 1_000).rounded()))
        }
        return nil
    }

    private static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
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

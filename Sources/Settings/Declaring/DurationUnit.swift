/// What a plain number of a span setting counts. Old names keep their units: `HEALTH_CHECK_INTERVAL` is in seconds,
/// `HEALTH_CHECK_TIMEOUT` in milliseconds.
package enum DurationUnit: String, Sendable, CaseIterable {
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "m"
    case hours = "h"

    var plural: String {
        switch self {
        case .milliseconds: "milliseconds"
        case .seconds: "seconds"
        case .minutes: "minutes"
        case .hours: "hours"
        }
    }

    private var milliseconds: Double {
        switch self {
        case .milliseconds: 1
        case .seconds: 1_000
        case .minutes: 60_000
        case .hours: 3_600_000
        }
    }

    /// Longest span that any setting takes: a year. Keeps the arithmetic far from overflow.
    private static let longestMilliseconds = 365.0 * 24 * 3_600_000

    /// `text` as a span, or nil when it is none. A suffix overrules the unit.
    package func parse(_ text: String) -> Duration? {
        // "ms" before "m" and "s": the longest suffix decides.
        for unit in [DurationUnit.milliseconds, .seconds, .minutes, .hours] where text.hasSuffix(unit.rawValue) {
            return unit.span(SettingText.trimmed(text.dropLast(unit.rawValue.count)))
        }
        return span(text)
    }

    private func span(_ number: String) -> Duration? {
        guard let value = Double(number), value.isFinite, value >= 0 else { return nil }
        let total = value * milliseconds
        guard total <= DurationUnit.longestMilliseconds else { return nil }
        return .microseconds(Int64(total * 1_000))
    }

    /// `span` as a number of this unit, without needless zeros.
    func number(_ span: Duration) -> String {
        let value = count(span)
        return value == value.rounded() ? String(Int64(value)) : String(value)
    }

    /// `range` for people: in this unit, its lower bound in the one in which that is a whole number if this one has only a long
    /// fraction for it (`1 minute to 168 hours`).
    func text(_ range: ClosedRange<Duration>) -> String {
        let upper = "\(number(range.upperBound)) \(plural)"
        // A tenth reads well: 0.2 seconds.
        let tenths = count(range.lowerBound) * 10
        guard tenths != tenths.rounded() else { return "\(number(range.lowerBound)) to \(upper)" }
        let whole = DurationUnit.allCases.last { $0.count(range.lowerBound) == $0.count(range.lowerBound).rounded() }
        let unit = whole ?? .milliseconds
        let lower = unit.count(range.lowerBound)
        return
            "\(unit.number(range.lowerBound)) \(lower == 1 ? String(unit.plural.dropLast()) : unit.plural) to \(upper)"
    }

    private func count(_ span: Duration) -> Double {
        let (seconds, attoseconds) = span.components
        return (Double(seconds) * 1_000 + Double(attoseconds) / 1e15) / milliseconds
    }
}

/// Small text work that the standard library leaves to Foundation, which an agent of 20 MiB does without.
enum SettingText {
    static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}

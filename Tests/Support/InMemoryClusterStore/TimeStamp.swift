/// Writes moments as the database does in `RecordedEvent.at` and `NodeRecord.lastSeen`.
enum TimeStamp {
    /// ISO-8601 UTC with milliseconds.
    static func text(_ sinceEpoch: Duration) -> String {
        let milliseconds = Int(sinceEpoch.components.attoseconds / 1_000_000_000_000_000)
        return dateAndTime(sinceEpoch) + "." + padded(milliseconds, 3) + "Z"
    }

    /// ISO-8601 UTC to the second.
    static func secondsText(_ sinceEpoch: Duration) -> String { dateAndTime(sinceEpoch) + "Z" }

    private static func dateAndTime(_ sinceEpoch: Duration) -> String {
        let seconds = Int(sinceEpoch.components.seconds)
        let (days, rest) = (seconds / 86_400, seconds % 86_400)
        let (year, month, day) = civil(days: days)
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T" + padded(rest / 3600, 2) + ":"
            + padded(rest / 60 % 60, 2) + ":" + padded(rest % 60, 2)
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`, for days since 1970-01-01.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

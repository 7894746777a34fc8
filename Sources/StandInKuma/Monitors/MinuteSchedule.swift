/// When a node re-reads its assignments by itself: at second 00 of every minute of the wall clock (FactsAboutKuma.md).
package enum MinuteSchedule {
    /// How long to wait from a wall-clock time until the next second 00; never zero, so that one minute's run happens once.
    /// - Parameter sinceEpoch: the wall clock, since 1970-01-01 00:00 UTC.
    package static func untilNextMinute(sinceEpoch: Duration) -> Duration {
        let (seconds, attoseconds) = sinceEpoch.components
        let intoMinute = Duration(
            secondsComponent: seconds % 60, attosecondsComponent: attoseconds)
        return .seconds(60) - intoMinute
    }
}

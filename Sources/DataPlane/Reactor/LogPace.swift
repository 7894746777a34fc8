/// Lets a line of one kind into the log now and then: of a fault that others make, they decide how often it happens.
struct LogPace {
    /// Nanoseconds from one line to the next, a reactor: a flood makes a few lines a minute, and each says how many it
    /// stands for.
    static let span: UInt64 = 10_000_000_000

    private var due: UInt64 = 0
    private var heldBack = 0

    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: how many were held back since the last line; nil: this one is, too.
    mutating func next(now: UInt64) -> Int? {
        guard now >= due else {
            heldBack += 1
            return nil
        }
        defer { heldBack = 0 }
        due = now + LogPace.span
        return heldBack
    }
}

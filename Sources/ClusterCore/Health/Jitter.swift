/// Spreads periodic work, so that a hundred agents started together do not report together.
package enum Jitter {
    /// ±10 %, for every periodic beat.
    package static let share = 0.1

    /// `span` times a factor of 0.9 to 1.1, even over `draw`.
    /// - Parameter draw: a random number of 0 to 1.
    package static func spread(_ span: Duration, draw: Double) -> Duration {
        span * (1 - share + 2 * share * min(max(draw, 0), 1))
    }
}

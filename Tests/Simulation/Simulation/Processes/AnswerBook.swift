import ClusterStore

/// When a process heard of the database, by its own clock: how the oracle knows that a balancer has just come through an
/// outage, without asking it.
struct AnswerBook: Sendable {
    /// A balancer's own count may be shorter by the pause after a pass that was answered to its end.
    private static let pause: Duration = .milliseconds(1_500)

    private let outage: Duration
    private var last: ContinuousClock.Instant?
    private var hasFailed = false
    private var absence: Duration = .zero
    /// When it last polled for the first time, or after what was surely an outage.
    private(set) var returnedAt: ContinuousClock.Instant?
    private var hasPolled = false

    /// - Parameter outage: so long without an answer is an outage.
    init(outage: Duration) { self.outage = outage }

    mutating func notAnswered() { hasFailed = true }

    mutating func answered<Success>(
        _ statement: Statement, by result: Result<Success, StoreError>, at instant: ContinuousClock.Instant
    ) {
        // A failed call ends a pass: what is answered next comes before the next poll.
        if hasFailed, let last { absence = max(absence, instant - last) }
        hasFailed = false
        last = instant
        guard case .poll = statement, case .success = result else { return }
        if !hasPolled || absence >= outage + AnswerBook.pause { returnedAt = instant }
        hasPolled = true
        absence = .zero
    }

    /// Whether the balancer surely judges nobody by silence.
    func rests(for span: Duration, at instant: ContinuousClock.Instant) -> Bool {
        returnedAt.map { $0 <= instant && instant - $0 < span - .milliseconds(500) } ?? false
    }
}

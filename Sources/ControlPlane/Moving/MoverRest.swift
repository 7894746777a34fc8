/// While nobody's silence means anything – the database came back, or we have only begun to look – nothing is done that needs
/// a judgement by silence. What an agent has said since, what a person requested and what concerns a node that does not exist
/// goes on.
struct MoverRest: Sendable {
    private(set) var since: ContinuousClock.Instant
    private(set) var until: ContinuousClock.Instant

    init(now: ContinuousClock.Instant) { (since, until) = (now, now) }

    mutating func begin(for span: Duration, now: ContinuousClock.Instant) {
        since = now
        until = max(until, now + span)
    }

    func isOver(now: ContinuousClock.Instant) -> Bool { now >= until }
}

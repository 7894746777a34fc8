import ClusterCore
import ClusterStore

/// The history, on both of its ways: events that are not written yet, and the newest rows, as last read. Only the leader
/// writes what all balancers see, so that each event is there once.
struct HistoryKeeper: Sendable {
    /// Events kept while the database is away; beyond, the oldest go.
    static let pendingEvents = 1_000
    /// Lines that the log gets in full when the history does not.
    static let loggedLines = 20
    /// Between attempts to write a history that somebody keeps locked.
    static let rest: Duration = .seconds(10)

    private(set) var pending: [ClusterEvent] = []
    /// The first of these, which this balancer saw as the leader and could not write yet.
    private var unwritten = 0
    private var restsUntil: ContinuousClock.Instant
    private(set) var remembered = RememberedHistory()
    /// Something was written since it was read.
    private(set) var isOld = true

    init(now: ContinuousClock.Instant) { restsUntil = now }

    // MARK: Writing

    mutating func add(_ events: [ClusterEvent], _ effects: inout [PassEffect]) {
        guard !events.isEmpty else { return }
        pending += events
        let surplus = pending.count - HistoryKeeper.pendingEvents
        guard surplus > 0 else { return }
        logLost(surplus, &effects)
        pending.removeFirst(surplus)
    }

    /// What to write now; nil when there is nothing, or somebody keeps the table locked.
    mutating func batch(now: ContinuousClock.Instant) -> [ClusterEvent]? {
        guard !pending.isEmpty, now >= restsUntil else { return nil }
        unwritten = pending.count
        return pending
    }

    mutating func written() {
        isOld = true
        dropBatch()
    }

    /// Kept. Nor may each pass wait for whoever locks the table, with monitors to be moved.
    mutating func locked(_ error: StoreError, now: ContinuousClock.Instant, _ effects: inout [PassEffect]) {
        restsUntil = now + HistoryKeeper.rest
        effects.log(.warning, "the history is locked; events wait", ["error": "\(error)"])
    }

    /// A history that cannot be written must not keep monitors from being moved.
    mutating func refused(_ error: StoreError, _ effects: inout [PassEffect]) {
        effects.log(.error, "events are lost: the history cannot be written", ["error": "\(error)"])
        logLost(unwritten, &effects)
        dropBatch()
    }

    /// A follower has nothing to record: the leader saw the same. What we saw as the leader and could not write before we lost
    /// the lease nobody else will.
    mutating func follow(_ effects: inout [PassEffect]) {
        logLost(min(unwritten, pending.count), &effects)
        unwritten = 0
        pending = []
    }

    private mutating func dropBatch() {
        pending.removeFirst(min(unwritten, pending.count))
        unwritten = 0
    }

    /// The oldest lines are not going to be written: the log has them then.
    private func logLost(_ count: Int, _ effects: inout [PassEffect]) {
        guard count > 0 else { return }
        for event in pending.prefix(min(count, HistoryKeeper.loggedLines)) {
            effects.log(
                .warning, "not in the history: \(event.detail)",
                ["kind": event.kind.rawValue, "node": event.node?.text ?? ""])
        }
        guard count > HistoryKeeper.loggedLines else { return }
        effects.log(.warning, "more is not in the history", ["lines": "\(count - HistoryKeeper.loggedLines)"])
    }

    // MARK: Reading

    /// Monitors were moved, or something else was written that it shows.
    mutating func expire() { isOld = true }

    /// It is about to be read.
    mutating func beginReading() { isOld = false }

    /// Until there is anything it is read with each pass: who follows since the cluster's first seconds had read nothing, and
    /// would know nothing for ten more.
    mutating func read(events: [RecordedEvent], moves: [RecordedMove]) {
        remembered.events = events
        remembered.moves = moves
        isOld = events.isEmpty
    }
}

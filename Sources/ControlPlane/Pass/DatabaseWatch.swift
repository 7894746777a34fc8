import ClusterCore
import ClusterStore

/// The database's coming and going, as the answers to a balancer's calls show it, and what its schema lacks.
struct DatabaseWatch: Sendable {
    /// Between attempts to complete a schema that lacks a right or waits for Kuma's own tables.
    static let schemaRetry: Duration = .seconds(5)
    /// A skew is reported again only when none was seen for this long.
    static let skewNews: Duration = .seconds(60)

    /// What a poll says of the time before it.
    enum Return: Sendable, Equatable {
        case noneNeeded
        /// It answers for the first time; how long it was away before our start nobody knows.
        case first
        case after(Duration)
    }

    private(set) var snapshot: DatabaseSnapshot
    /// When it last answered, be it with a refusal. Not `snapshot.lastRead`: what counts is whether calls are answered, not how
    /// long a pass takes. The pause after a pass that was answered to its end is no absence either.
    private var lastAnswer: ContinuousClock.Instant?
    /// The longest wait for an answer before the next poll of all calls since the last pass: the first of them hides no
    /// absence from the poll, and together they are none.
    private var absence: Duration = .zero
    /// An absence at least this long makes everybody's silence meaningless.
    private let outage: Duration
    /// Nil when the schema is whole.
    private var nextSchemaAttempt: ContinuousClock.Instant?
    /// Why the schema could not be completed, reported once and not every few seconds.
    private var schemaTrouble: StoreError?
    /// Attempts in a row that found a table of Kuma's in use.
    private var schemaHolds = 0

    init(outage: Duration, now: ContinuousClock.Instant) {
        self.outage = outage
        snapshot = DatabaseSnapshot(isReachable: false, since: now, lastError: nil, lastRead: nil)
        nextSchemaAttempt = now
    }
}

// MARK: Answers

extension DatabaseWatch {
    /// - Parameter pause: since the last pass, which was answered to its end.
    mutating func restedFor(_ pause: Duration, now: ContinuousClock.Instant) {
        if let answer = lastAnswer { lastAnswer = min(answer + pause, now) }
    }

    /// A call after this pass's poll was answered, however late: a long series of moves is no absence of the database.
    mutating func answered(now: ContinuousClock.Instant) { lastAnswer = now }

    /// Since that answer this pass computed: no absence either.
    mutating func computed(now: ContinuousClock.Instant) { lastAnswer = now }

    mutating func answeredBeforePoll(now: ContinuousClock.Instant) {
        if let lastAnswer { absence = max(absence, now - lastAnswer) }
        lastAnswer = now
    }

    /// A poll succeeded.
    mutating func polled(now: ContinuousClock.Instant, _ effects: inout [PassEffect]) -> Return {
        var found = Return.noneNeeded
        if lastAnswer != nil, snapshot.lastRead != nil {
            answeredBeforePoll(now: now)
            if absence >= outage { found = .after(absence) }
        } else {
            found = .first
            effects.log(.notice, "the database answers")
        }
        become(.reachable, now: now)
        snapshot.lastError = nil
        snapshot.lastRead = now
        lastAnswer = now
        absence = .zero
        return found
    }

    private enum Reach {
        case reachable, away
    }

    private mutating func become(_ reach: Reach, now: ContinuousClock.Instant) {
        if snapshot.isReachable != (reach == .reachable) { snapshot.since = now }
        snapshot.isReachable = reach == .reachable
    }

    /// An error ended a pass.
    mutating func failed(_ error: StoreError, now: ContinuousClock.Instant, _ effects: inout [PassEffect]) {
        switch error {
        case .leaseLost:
            return
        case .unavailable, .deadlineExceeded(_, .us):
            if snapshot.isReachable {
                effects.log(
                    .warning, "the database does not answer; routing goes on by the last table, nothing is moved",
                    ["error": "\(error)"])
            } else if snapshot.lastRead == nil, snapshot.lastError == nil {
                effects.log(.warning, "the database does not answer yet", ["error": "\(error)"])
            }
            become(.away, now: now)
        case .contended, .deadlineExceeded(_, .database):
            effects.log(.warning, "the database answers, but not in time", ["error": "\(error)"])
            become(.reachable, now: now)
        case .notPermitted, .schemaMissing, .refused:
            if snapshot.lastError != error {
                effects.log(.error, "the database answers, but not as needed", ["error": "\(error)"])
            }
            become(.reachable, now: now)
            // Not pushed further by each failed pass, or it would never come.
            nextSchemaAttempt = nextSchemaAttempt.map { $0 > now ? $0 : now + DatabaseWatch.schemaRetry } ?? now
        }
        snapshot.lastError = error
    }

    mutating func noteSkew(
        _ amount: Duration, wait: Duration, now: ContinuousClock.Instant, _ effects: inout [PassEffect]
    ) {
        let isNews = snapshot.skew.map { now - $0.seenAt > DatabaseWatch.skewNews } ?? true
        snapshot.skew = ClockSkew(amount: amount, seenAt: now)
        guard isNews else { return }
        effects.log(
            .warning, "the database's clocks disagree: one was set, or its hosts differ; keep them in step (NTP)",
            ["skew": "\(amount)", "wait": "\(wait)"])
    }
}

// MARK: The schema

extension DatabaseWatch {
    func isSchemaDue(now: ContinuousClock.Instant) -> Bool { nextSchemaAttempt.map { now >= $0 } ?? false }

    mutating func schemaPrepared(_ report: SchemaReport, now: ContinuousClock.Instant, _ effects: inout [PassEffect]) {
        schemaTrouble = nil
        schemaHolds = 0
        if !report.added.isEmpty {
            effects.log(.notice, "schema completed", ["added": report.added.joined(separator: ", ")])
        }
        nextSchemaAttempt = report.waitingForKuma.isEmpty ? nil : now + DatabaseWatch.schemaRetry
        snapshot.foreignness = report.foreignness
    }

    /// What exists may be enough to route and even to lead by; where it is not, the next statement says so. A table that is in
    /// use is soon free in most cases, and may be dumped for an hour.
    mutating func schemaFailed(_ error: StoreError, now: ContinuousClock.Instant, _ effects: inout [PassEffect]) {
        var pause = DatabaseWatch.schemaRetry
        if case .contended = error {
            pause = min(DatabaseWatch.schemaRetry, .milliseconds(250) * (1 << min(schemaHolds, 8)))
            schemaHolds += 1
        }
        nextSchemaAttempt = now + pause
        guard schemaTrouble != error else { return }
        schemaTrouble = error
        effects.log(.error, "the schema is not complete", ["error": "\(error)"])
    }

    /// A table of ours is gone: it is made again with the next pass, or reported as missing.
    mutating func ordersAreMissing(now: ContinuousClock.Instant, _ effects: inout [PassEffect]) {
        guard nextSchemaAttempt == nil else { return }
        effects.log(.error, "the table of the pause or of jobs is missing; nothing is moved without it")
        nextSchemaAttempt = now
    }
}

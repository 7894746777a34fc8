import ClusterCore
import ClusterStore

/// The history, the list of balancers, and those who follow events live.
extension PassStateMachine {
    // MARK: Writing

    /// What is written to the history when.
    enum Recording: Sendable {
        /// What was seen and said, before anything moves: the history reads in the order of cause and effect.
        case causes
        case moves

        var next: Stage {
            switch self {
            case .causes: .job(.begin, .cancelled)
            case .moves: .announcement
            }
        }
    }

    mutating func record(_ occasion: Recording, _ moment: PassMoment) -> Advance {
        guard leader.lease(now: moment.now) != nil, let batch = history.batch(now: moment.now) else {
            return .enter(occasion.next)
        }
        return .ask(.record(batch))
    }

    mutating func written() {
        history.written()
        afterRecording()
    }

    mutating func recordFailed(_ error: StoreError, _ moment: PassMoment) -> Bearing {
        switch error {
        case .unavailable, .deadlineExceeded, .leaseLost: return .ends
        case .contended: history.locked(error, now: moment.now, &effects)
        case .notPermitted, .schemaMissing, .refused: history.refused(error, &effects)
        }
        afterRecording()
        return .goesOn
    }

    private mutating func afterRecording() {
        if case .recording(let occasion) = pass.stage { pass.stage = occasion.next }
    }

    // MARK: Balancers

    mutating func announce(_ moment: PassMoment) -> Advance {
        guard !isUrgent || moment.now >= nextAnnouncement + configuration.announceInterval else {
            return .enter(.feed(.begin))
        }
        if leader.lease(now: moment.now) == nil { history.follow(&effects) }
        guard moment.now >= nextAnnouncement else { return .enter(.history) }
        nextAnnouncement = moment.now + configuration.announceInterval
        history.expire()
        return .ask(.announce(identity))
    }

    mutating func announced(_ records: [BalancerRecord], _ moment: PassMoment) {
        pass.stage = .history
        balancers = records
        // Another balancer was seen in the future: its database host's clock is ahead of ours.
        let least = records.filter { $0.presence.id != identity.id }.map(\.lastSeenAge).min() ?? .zero
        if least < DatabaseClock.leastAge { noteSkew(.zero - least, now: moment.now) }
    }

    // MARK: Reading

    /// Reads what is shown of the history while the database is away: after own writes, with each announcement, and until
    /// there is anything.
    mutating func rememberHistory() -> Advance {
        guard history.isOld else { return .enter(.feed(.begin)) }
        history.beginReading()
        return .ask(.history(newest: RememberedHistory.rows))
    }

    mutating func historyFailed(_ error: StoreError) -> Bearing {
        switch error {
        case .unavailable, .deadlineExceeded, .leaseLost:
            history.expire()
            return .ends
        case .contended, .notPermitted, .schemaMissing, .refused:
            pass.stage = .feed(.begin)
            return .goesOn
        }
    }

    // MARK: Followers

    /// Where the reading for those who follow the history is.
    enum EventReading: Sendable {
        case begin
        /// As many as a pass has at most in most cases, then a whole page.
        case reading(after: Int64, newest: Int)
        case done
    }

    /// Reads what those who follow the history have not seen.
    mutating func feed(_ reading: EventReading, _ moment: PassMoment) -> Advance {
        switch reading {
        case .begin:
            guard let newest = moment.awaitedEvent else { return .act(then: .ended) }
            return .enter(.feed(.reading(after: newest, newest: EventFeed.glance)))
        case .reading(_, let count): return .ask(.events(newest: count))
        case .done: return .act(then: .ended)
        }
    }

    /// - Parameter events: newest first.
    mutating func eventsRead(_ events: [RecordedEvent]) {
        guard case .feed(.reading(let after, let count)) = pass.stage else { return }
        let unseen = events.filter { $0.id > after }
        guard unseen.count < count || count == HistoryLimits.page else {
            pass.stage = .feed(.reading(after: after, newest: HistoryLimits.page))
            return
        }
        effects.append(.deliver(unseen.reversed()))
        pass.stage = .feed(.done)
    }

    /// A history that cannot be read is no reason to stop leading.
    mutating func feedFailed(_ error: StoreError) -> Bearing {
        switch error {
        case .unavailable, .deadlineExceeded, .leaseLost: return .ends
        case .contended, .notPermitted, .schemaMissing, .refused:
            pass.stage = .feed(.done)
            return .goesOn
        }
    }
}

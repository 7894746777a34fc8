import ClusterCore
import ClusterStore

/// What the leader says of silent nodes, and the end of its part of a pass.
extension PassStateMachine {
    // MARK: Speaking

    mutating func beginSpeaking(_ moment: PassMoment) -> Advance {
        guard let lease = leader.lease(now: moment.now), let snapshot, !silence.speakable.isEmpty else {
            return .enter(.recording(.causes))
        }
        let nodes = snapshot.nodes(asOf: moment.now)
        self.snapshot?.nodes = nodes
        self.snapshot?.readAt = moment.now
        return .enter(
            .speaking(speaker.begin(for: nodes, speakable: silence.speakable, under: lease, now: moment.now)))
    }

    mutating func speak(_ round: SilentNodeSpeaker.Round, _ moment: PassMoment) -> Advance {
        var round = round
        guard let word = speaker.next(&round, moment) else {
            pass.isOvertaken = round.isOvertaken
            adopt(round.written, now: moment.now)
            return .enter(.recording(.causes))
        }
        pass.stage = .speaking(round)
        return .ask(.speak(word, round.lease))
    }

    /// The rows that were written are read as they are now.
    private mutating func adopt(_ written: [NodeRecord], now: ContinuousClock.Instant) {
        guard !written.isEmpty, var next = snapshot else { return }
        let byID = Dictionary(written.map { ($0.id, $0) }) { first, _ in first }
        next.nodes = next.nodes.map { byID[$0.id] ?? $0 }
        next.readAt = now
        snapshot = next
        note(next.nodes, now: now)
    }

    mutating func spoken(_ effect: PassAnswer.SpokenEffect) {
        guard case .speaking(var round) = pass.stage else { return }
        speaker.answered(effect, &round)
        pass.stage = .speaking(round)
    }

    mutating func wordFailed(_ error: StoreError) -> Bearing {
        guard case .speaking(var round) = pass.stage else { return .ends }
        switch error {
        case .refused, .contended:
            speaker.refused(error, &round, &effects)
            pass.stage = .speaking(round)
            return .goesOn
        case .unavailable, .deadlineExceeded, .leaseLost, .notPermitted, .schemaMissing: return .ends
        }
    }

    // MARK: The lease on the way

    /// Whether the leader may write the next batch.
    enum Footing {
        case firm(Lease)
        /// It is time to renew on the way through a long series of batches.
        case unasked
        case lost
    }

    mutating func footing(_ moment: PassMoment) -> Footing {
        if !pass.isBatchPromised, leader.isDue(now: moment.now) {
            pass.isBatchPromised = true
            return .unasked
        }
        pass.isBatchPromised = false
        return leader.lease(now: moment.now).map { .firm($0) } ?? .lost
    }

    // MARK: The end

    mutating func endMoving() -> Advance {
        mover.logMoves(&effects)
        if let snapshot {
            history.add(mover.noteOverload(snapshot.census, nodes: snapshot.nodes, &effects), &effects)
        }
        return .enter(.recording(.moves))
    }
}

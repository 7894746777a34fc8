import ClusterCore
import ClusterStore
import Logging

extension ControlPass {
    func observe(_ snapshot: ClusterSnapshot) async {
        self.snapshot = snapshot
        prober.follow(snapshot.nodes)
        let now = clock.now()
        let nodes = snapshot.nodes(asOf: now)
        switch silence.observe(nodes, now: now) {
        case .ordinary: break
        case .massSilenceBegan(let count):
            // The last word of a node that is cut off may be as wrong as its silence.
            rest.begin(for: configuration.silence.massWait, now: now)
            logger.warning(
                "more than half of the nodes fell silent together; waiting before anybody is judged by it",
                metadata: ["nodes": "\(count)", "wait": "\(configuration.silence.massWait)"])
        case .massSilenceEnded:
            logger.warning(
                "the wait is over; nodes that are still silent are judged by the leader's own probes",
                metadata: ["nodes": "\(silence.speakable.count)"])
        }
        // An overdue report is the first sign of a vanished host: four seconds before its silence is final.
        for node in nodes where (node.reportAge ?? .zero) > configuration.silence.reportTTL / 2 {
            guard !silence.silent.contains(node.id) else { continue }
            prober.hurry(node.id)
        }
        // Its agent says that it is offline and we still send clients there: look again at once.
        for node in nodes where node.believedStatus(configuration.judge) == .offline { prober.hurry(node.id) }
        await mover.observe(nodes, now: now)
        let seen = transitions.observe(nodes)
        for event in seen { logger.notice("\(event.detail)", metadata: ["kind": "\(event.kind.rawValue)"]) }
        let said = await speaker.follow(nodes, speakable: silence.speakable, silent: silence.silent)
        events += seen + said
        tellLost(events.count - ControlPass.pendingEvents)
        events = events.suffix(ControlPass.pendingEvents)
    }

    /// Takes up a new epoch; nothing happens in one that has begun.
    func begin(_ lease: Lease) async {
        guard lease.epoch != lastEpoch else { return }
        await mover.forgetJournal()
        defer { lastEpoch = lease.epoch }
        if let lastEpoch, lease.epoch <= lastEpoch + 1 { return }
        let detail = "\(identity.id) at \(identity.address) leads (epoch \(lease.epoch))"
        events.append(ClusterEvent(.leaderElected, detail: detail))
    }

    func lead(_ snapshot: inout ClusterSnapshot) async throws(StoreError) {
        let isCurrent = try await speak(&snapshot)
        heard()
        // Recorded before anything moves, so that the history reads in the order of cause and effect.
        try await recordEvents()
        // A pause holds a job; it must not hold its cancellation as well.
        if snapshot.orders.job?.isCancelled == true { try await rebalance(&snapshot) }
        // Whoever was overtaken by a report would take monitors from a node on its word of before: read again first.
        guard isCurrent, try await isAtLiberty(snapshot) else { return }
        heard()
        do {
            try await move(&snapshot)
            heard()
            if rest.isOver(now: clock.now()) { try await rebalance(&snapshot) }
            heard()
        } catch {
            await mover.tellMoves()
            throw error
        }
        await mover.tellMoves()
        events += await mover.noteOverload(snapshot.census, nodes: snapshot.nodes)
        try await recordEvents()
    }

    /// - Returns: whether the snapshot is as new as the words: no node reported meanwhile.
    private func speak(_ snapshot: inout ClusterSnapshot) async throws(StoreError) -> Bool {
        guard let lease = await leader.lease, !silence.speakable.isEmpty else { return true }
        let nodes = snapshot.nodes(asOf: clock.now())
        let outcome = try await speaker.speak(for: nodes, speakable: silence.speakable, under: lease)
        guard !outcome.written.isEmpty else { return !outcome.isOvertaken }
        let byID = Dictionary(outcome.written.map { ($0.id, $0) }) { first, _ in first }
        let now = clock.now()
        snapshot.nodes = nodes.map { byID[$0.id] ?? $0 }
        snapshot.readAt = now
        self.snapshot = snapshot
        await mover.observe(snapshot.nodes, now: now)
        let seen = transitions.observe(snapshot.nodes)
        for event in seen { logger.notice("\(event.detail)", metadata: ["kind": "\(event.kind.rawValue)"]) }
        events += seen
        return !outcome.isOvertaken
    }

    /// Nil when somebody keeps rows of this batch locked: the other batches need not wait for that, and the next pass
    /// tries this one again.
    @discardableResult
    func unlessContended<Result: Sendable>(
        _ count: Int, _ work: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result? {
        let start = clock.now()
        do {
            let result = try await work()
            pace.note(count, took: clock.now() - start)
            return result
        } catch {
            switch error {
            case .contended:
                logger.warning("a batch waits: rows that it needs are locked", metadata: ["error": "\(error)"])
                return nil
            case .deadlineExceeded:
                pace.noteDeadline()
                throw error
            case .unavailable, .leaseLost, .notPermitted, .schemaMissing, .refused: throw error
            }
        }
    }

    /// Renews on the way through a long series of batches.
    func currentLease() async throws(StoreError) -> Lease? {
        heard()
        // A new epoch means that the lease was lost meanwhile: what was planned under the old one is void.
        if let elected = try await leader.renewIfDue() {
            await begin(elected)
            return nil
        }
        return await leader.lease
    }

    /// Only the leader writes the history of what all balancers see, so that each event is there once.
    private func recordEvents() async throws(StoreError) {
        guard await leader.lease != nil, !events.isEmpty, clock.now() >= historyRestsUntil else { return }
        let batch = events
        unwritten = batch.count
        do {
            try await store.record(batch)
            isHistoryOld = true
        } catch {
            switch error {
            case .unavailable, .deadlineExceeded, .leaseLost: throw error
            case .contended:
                // Kept. Nor may each pass wait for whoever locks the table, with monitors to be moved.
                historyRestsUntil = clock.now() + ControlPass.historyRest
                logger.warning("the history is locked; events wait", metadata: ["error": "\(error)"])
                return
            case .notPermitted, .schemaMissing, .refused:
                // A history that cannot be written must not keep monitors from being moved.
                logger.error("events are lost: the history cannot be written", metadata: ["error": "\(error)"])
                tellLost(batch.count)
            }
        }
        unwritten = 0
        events.removeFirst(min(batch.count, events.count))
    }

    /// The oldest lines of the history are not going to be written: the log has them then.
    private func tellLost(_ count: Int) {
        guard count > 0 else { return }
        for event in events.prefix(min(count, ControlPass.toldLines)) {
            logger.warning(
                "not in the history: \(event.detail)",
                metadata: ["kind": "\(event.kind.rawValue)", "node": "\(event.node?.text ?? "")"])
        }
        guard count > ControlPass.toldLines else { return }
        logger.warning("more is not in the history", metadata: ["lines": "\(count - ControlPass.toldLines)"])
    }

    func announce() async throws(StoreError) {
        // A follower has nothing to record: the leader saw the same. What we saw as the leader and could not write before
        // we lost the lease nobody else will.
        if await leader.lease == nil {
            tellLost(min(unwritten, events.count))
            unwritten = 0
            events = []
        }
        guard clock.now() >= nextAnnouncement else { return }
        nextAnnouncement = clock.now() + configuration.announceInterval
        isHistoryOld = true
        balancers = try await store.announce(identity)
        // Another balancer was seen in the future: its database host's clock is ahead of ours.
        let least = balancers.filter { $0.presence.id != identity.id }.map(\.lastSeenAge).min() ?? .zero
        if least < DatabaseClock.leastAge { noteSkew(.zero - least) }
    }

    /// Reads what is shown of the history while the database is away: after own writes, with each announcement, and until
    /// there is anything – who follows since the cluster's first seconds had read nothing, and would know nothing for ten more.
    func rememberHistory() async throws(StoreError) {
        guard isHistoryOld else { return }
        isHistoryOld = false
        do throws(StoreError) {
            (history.events, history.moves) = try await store.history(newest: RememberedHistory.rows)
            isHistoryOld = history.events.isEmpty
        } catch {
            switch error {
            case .unavailable, .deadlineExceeded, .leaseLost:
                isHistoryOld = true
                throw error
            case .contended, .notPermitted, .schemaMissing, .refused: return
            }
        }
    }
}

import ClusterCore
import Logging
import Synchronization

extension ControlPlane {
    /// Starts from the last run's table, where there is one. Called by `run` before anything else, and may be called before
    /// it by whoever wants the table published first; only the first call does anything.
    package func restore() {
        let isFirst = shared.withLock { state -> Bool in
            defer { state.isRestored = true }
            return !state.isRestored
        }
        guard isFirst, let path = configuration.stateFile else { return }
        // Said now, and not when the file is needed.
        do { try StateFile(path: path).checkWritable() } catch { logUnwritable(error) }
        do {
            guard let saved = try StateFile(path: path).read() else { return }
            let now = clock.now()
            let (snapshot, addresses) = saved.restored(now: now)
            shared.withLock { state in
                state.report.snapshot = snapshot
                for known in addresses { state.book.remember(known.address, for: known.host, now: now) }
                adopt(&state, now: now)
                state.saved = saved
            }
            prober.follow(snapshot.nodes)
            publishTable()
            logger.notice("serving by the state file until the database answers", metadata: ["path": "\(path)"])
        } catch {
            logger.warning("the state file is of no use; it will be replaced", metadata: ["reason": "\(error)"])
        }
    }

    /// Why the state file would be written.
    enum SaveOccasion {
        /// The loop ticked. The first good table is written as soon as its names were looked up, later ones every
        /// few seconds: they change with every monitor count.
        case tick
        /// The balancer ends.
        case end
    }

    /// What to write now, when it is news and time to.
    func savable(_ state: inout State, _ occasion: SaveOccasion, now: ContinuousClock.Instant) -> SavedSnapshot? {
        guard configuration.stateFile != nil, !state.isSaving, let snapshot = state.report.snapshot,
            snapshot.source == .database
        else { return nil }
        switch occasion {
        case .tick: guard now >= state.nextSave, state.saved != nil || !state.book.hasPendingNames else { return nil }
        case .end: break
        }
        state.nextSave = now + configuration.stateFileInterval
        let next = SavedSnapshot(snapshot, resolved: state.book.resolve)
        guard next != state.saved else { return nil }
        state.isSaving = true
        return next
    }

    /// Writes what the state file does not hold yet. Called when the balancer is told to end, and again when it ends:
    /// between the two its clients are drained, and whoever supervises it may not wait for that.
    package func saveSnapshot() {
        let now = clock.now()
        if let changed = shared.withLock({ savable(&$0, .end, now: now) }) { save(changed) }
    }

    func save(_ saved: SavedSnapshot) {
        guard let path = configuration.stateFile else { return }
        do {
            try StateFile(path: path).write(saved)
            let wasTroubled = shared.withLock { state -> Bool in
                state.isSaving = false
                state.saved = saved
                defer { state.isSaveTroubled = false }
                return state.isSaveTroubled
            }
            if wasTroubled { logger.notice("the state file is written again", metadata: ["path": "\(path)"]) }
        } catch {
            shared.withLock { $0.isSaving = false }
            logUnwritable(error)
        }
    }

    /// Once, until it could be written.
    private func logUnwritable(_ problem: StateFile.Problem) {
        let isNews = shared.withLock { state -> Bool in
            defer { state.isSaveTroubled = true }
            return !state.isSaveTroubled
        }
        guard isNews else { return }
        logger.warning(
            "the state file cannot be written; a start without the database would serve nothing",
            metadata: ["reason": "\(problem)"])
    }
}

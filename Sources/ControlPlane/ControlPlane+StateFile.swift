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
        do {
            guard let saved = try StateFile(path: path).read() else { return }
            let now = clock.now()
            let (picture, addresses) = saved.restored(now: now)
            shared.withLock { state in
                state.report.picture = picture
                for known in addresses { state.book.remember(known.address, for: known.host, now: now) }
                adopt(&state, now: now)
                state.saved = saved
            }
            prober.follow(picture.nodes)
            publishTable()
            logger.notice("serving by the state file until the database answers", metadata: ["path": "\(path)"])
        } catch {
            logger.warning("the state file is of no use; it will be replaced", metadata: ["reason": "\(error)"])
        }
    }

    /// What to write now, when it is news and time to.
    func savable(_ state: inout State, now: ContinuousClock.Instant) -> SavedState? {
        guard configuration.stateFile != nil, !state.isSaving, now >= state.nextSave,
            let picture = state.report.picture, picture.source == .database
        else { return nil }
        state.nextSave = now + configuration.stateFileInterval
        let next = SavedState(picture, resolved: state.book.resolve)
        guard next != state.saved else { return nil }
        state.isSaving = true
        return next
    }

    func save(_ saved: SavedState) {
        guard let path = configuration.stateFile else { return }
        do {
            try StateFile(path: path).write(saved)
            shared.withLock { state in
                state.isSaving = false
                state.saved = saved
                state.isSaveTroubled = false
            }
        } catch {
            let isNews = shared.withLock { state -> Bool in
                state.isSaving = false
                defer { state.isSaveTroubled = true }
                return !state.isSaveTroubled
            }
            guard isNews else { return }
            logger.warning(
                "the state file cannot be written; a start without the database would serve nothing",
                metadata: ["reason": "\(error)"])
        }
    }
}

import Synchronization

/// Lets one task wait for a span of time that another may cut short. A wake-up that comes while nobody waits is kept.
final class WakeSignal: Sendable {
    private struct State {
        var isPending = false
        /// Rises with every wait, so that a late timer cannot end a later one.
        var ticket: UInt64 = 0
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func wake() {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let sleeper = state.sleeper else {
                state.isPending = true
                return nil
            }
            state.sleeper = nil
            return sleeper
        }
        sleeper?.resume()
    }

    /// Returns after `span`, at a wake-up, or when the task is cancelled.
    func wait(upTo span: Duration) async {
        let ticket = state.withLock { state -> UInt64 in
            state.ticket += 1
            return state.ticket
        }
        let timer = Task {
            guard (try? await Task.sleep(for: span)) != nil else { return }
            self.end(ticket)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state -> Bool in
                    if state.isPending || Task.isCancelled {
                        state.isPending = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
        timer.cancel()
    }

    private func end(_ ticket: UInt64) {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.ticket == ticket else { return nil }
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }
}

/// What `WakeSignal` is to the product: ends a pause, and one that comes while nobody waits is kept.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
final class SimulatedSignal: @unchecked Sendable {
    private let scheduler: Scheduler
    private var isKept = false
    private var sleeper: UnsafeContinuation<Void, Never>?
    /// Rises with every wait, so that a late timer cannot end a later one.
    private var waits = 0

    init(scheduler: Scheduler) { self.scheduler = scheduler }

    func wake() {
        guard let waiting = sleeper else {
            isKept = true
            return
        }
        sleeper = nil
        waiting.resume()
    }

    func wait(upTo span: Duration) async {
        waits += 1
        let mine = waits
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            guard !isKept else { return continuation.resume() }
            sleeper = continuation
            scheduler.after(span) { [self] in
                if waits == mine { wake() }
            }
        }
        isKept = false
    }
}

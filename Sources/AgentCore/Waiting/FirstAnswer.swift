import Synchronization

/// Waits for work that may not react to cancellation, such as a call into a C library, without being held up by it.
enum FirstAnswer {
    /// The work's value, or nil after `limit`; then the work is cancelled and left to end by itself.
    static func of<Value: Sendable>(
        limit: Duration, _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let slot = Slot<Value>()
        let worker = Task { slot.fill(await work()) }
        let timer = Task {
            try? await Task.sleep(for: limit)
            slot.fill(nil)
        }
        let value = await withCheckedContinuation { slot.wait($0) }
        worker.cancel()
        timer.cancel()
        return value
    }

    private final class Slot<Value: Sendable>: Sendable {
        private enum State {
            case empty
            case waiting(CheckedContinuation<Value?, Never>)
            case filled(Value?)
            case taken
        }

        private let state = Mutex(State.empty)

        func fill(_ value: Value?) {
            let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                switch state {
                case .empty:
                    state = .filled(value)
                    return nil
                case .waiting(let waiter):
                    state = .taken
                    return waiter
                case .filled, .taken:
                    return nil
                }
            }
            waiter?.resume(returning: value)
        }

        func wait(_ waiter: CheckedContinuation<Value?, Never>) {
            let value = state.withLock { state -> Value?? in
                switch state {
                case .empty, .waiting:
                    state = .waiting(waiter)
                    return nil
                case .filled(let value):
                    state = .taken
                    return .some(value)
                case .taken:
                    return .some(nil)
                }
            }
            if let value { waiter.resume(returning: value) }
        }
    }
}

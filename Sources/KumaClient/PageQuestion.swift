import Synchronization

/// Whether a node serves pages: asked beside its health check once that is late, and not at all in the usual case.
final class PageQuestion: Sendable {
    private enum State {
        case notAsked
        case asked(Task<Bool, Never>)
        /// Nobody wants to know any more.
        case dropped
    }

    private let question: @Sendable () async -> Bool
    private let state = Mutex(State.notAsked)

    /// - Parameter question: ends by a deadline of its own.
    init(_ question: @escaping @Sendable () async -> Bool) { self.question = question }

    /// Asks, the first time.
    func ask() {
        state.withLock { state in
            guard case .notAsked = state else { return }
            let question = question
            state = .asked(Task { await question() })
        }
    }

    func drop() { take()?.cancel() }

    /// Waits for the answer; false where nothing was asked, or the caller was cancelled.
    func isAnswered() async -> Bool {
        guard let task = take() else { return false }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func take() -> Task<Bool, Never>? {
        state.withLock { state in
            defer { state = .dropped }
            guard case .asked(let task) = state else { return nil }
            return task
        }
    }
}

import ServiceLifecycle

/// Opens once, when a part is ready, for the one part that waits for it.
struct StartGate: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }

    /// Returns when the gate opens, or when the process is told to stop before that.
    func passed() async {
        await cancelWhenGracefulShutdown { for await _ in stream {} }
    }
}

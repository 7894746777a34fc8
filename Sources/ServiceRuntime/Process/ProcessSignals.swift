import Glibc
import ServiceLifecycle
import UnixSignals

/// Signal dispositions that hold for the whole process and are set once, before any thread starts.
enum ProcessSignals {
    /// A peer that went away shows as EPIPE where it is written to, not as the end of the process.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}

/// Ends the process at once when SIGTERM or SIGINT comes a second time: whoever asks twice does not want to wait for
/// connections to drain.
struct SecondSignalExit: Service {
    /// 128 + 15, as a shell reports a process that SIGTERM ended.
    private static let exitCode: Int32 = 143

    private let beforeExit: @Sendable () -> Void

    /// - Parameter beforeExit: takes away what must not outlive the process; must not wait for anything.
    init(beforeExit: @escaping @Sendable () -> Void = {}) { self.beforeExit = beforeExit }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        // It must outlive the beginning of the shutdown, and must not hold up its end: a graceful shutdown waits until
        // this service returns, so the counting goes on in a task of its own.
        Task { [beforeExit] in
            var count = 0
            for await _ in signals {
                count += 1
                guard count > 1 else { continue }
                beforeExit()
                _exit(SecondSignalExit.exitCode)
            }
        }
        try await gracefulShutdown()
    }
}

import Glibc
package import Logging
import ServiceLifecycle
import Synchronization

/// Ends the process when a part of its shutdown takes too long. A call into a C library – a database's, a resolver's –
/// cannot be called back, and whoever awaits it would hold up the end for as long as it lasts.
///
/// Its place among the services says where its part begins: services are shut down from the last to the first. The part
/// ends where that of a limit which replaces this one begins, or with the process.
package struct ShutdownLimit: Service {
    /// What a test puts in the place of time and of the process's end.
    struct Effects: Sendable {
        /// Throws when the task is cancelled.
        var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        /// It was told to stop, and it stops: no failure of its own.
        var exit: @Sendable () -> Void = { _exit(0) }
    }

    /// Runs until it is cancelled.
    private final class Countdown: Sendable {
        private let task = Mutex<Task<Void, Never>?>(nil)

        func begin(_ work: @escaping @Sendable () async -> Void) {
            task.withLock { $0 = Task.detached { await work() } }
        }

        func end() { task.withLock { $0 }?.cancel() }
    }

    private let limit: Duration
    private let awaited: String
    private let former: Countdown?
    private let countdown = Countdown()
    private let logger: Logger
    private let beforeExit: @Sendable () -> Void
    private let effects: Effects

    /// - Parameters:
    ///   - awaited: what its part waits for, for people.
    ///   - former: the limit that this one replaces: whatever belongs to that has ended.
    ///   - beforeExit: takes away what must not outlive the process; must not wait for anything.
    package init(
        _ limit: Duration, of awaited: String, replacing former: ShutdownLimit? = nil, logger: Logger,
        beforeExit: @escaping @Sendable () -> Void = {}
    ) {
        self.init(limit, of: awaited, replacing: former, logger: logger, beforeExit: beforeExit, effects: Effects())
    }

    init(
        _ limit: Duration, of awaited: String, replacing former: ShutdownLimit?, logger: Logger,
        beforeExit: @escaping @Sendable () -> Void, effects: Effects
    ) {
        self.limit = limit
        self.awaited = awaited
        self.former = former?.countdown
        self.logger = logger
        self.beforeExit = beforeExit
        self.effects = effects
    }

    /// Waits for the graceful shutdown, begins to count, and returns at once. A task that is cancelled before begins
    /// nothing.
    /// - Throws: `CancellationError` then.
    package func run() async throws {
        try await gracefulShutdown()
        former?.end()
        // On its own, since the services before this one are shut down only when it has returned.
        countdown.begin { [limit, awaited, logger, beforeExit, effects] in
            do { try await effects.sleep(limit) } catch { return }
            logger.warning(
                "\(awaited) did not let go in time; ending without", metadata: ["limit": "\(limit)"])
            beforeExit()
            effects.exit()
        }
    }
}

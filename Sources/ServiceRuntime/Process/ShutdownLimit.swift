import Glibc
package import Logging
import ServiceLifecycle

/// Ends the process when what is shut down after it takes too long. A call into a C library – a database's, a resolver's –
/// cannot be called back, and whoever awaits it would hold up the end for as long as it lasts.
///
/// Its place among the services says where the limit begins: services are shut down from the last to the first.
package struct ShutdownLimit: Service {
    private let limit: Duration
    private let logger: Logger
    private let beforeExit: @Sendable () -> Void

    /// - Parameter beforeExit: takes away what must not outlive the process; must not wait for anything.
    package init(_ limit: Duration, logger: Logger, beforeExit: @escaping @Sendable () -> Void = {}) {
        self.limit = limit
        self.logger = logger
        self.beforeExit = beforeExit
    }

    package func run() async throws {
        try await gracefulShutdown()
        // On its own, since the services before this one are shut down only when it has returned.
        Task.detached { [limit, logger, beforeExit] in
            try? await Task.sleep(for: limit)
            logger.warning(
                "the database did not let go in time; ending without it", metadata: ["limit": "\(limit)"])
            beforeExit()
            // It was told to stop, and it stops: no failure of its own.
            _exit(0)
        }
    }
}

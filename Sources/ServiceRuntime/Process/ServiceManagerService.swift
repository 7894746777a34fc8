import ServiceLifecycle

/// Says READY at the start, WATCHDOG on time while the process lives, and STOPPING when a graceful shutdown begins.
package struct ServiceManagerService: Service {
    private let notifier: ServiceManagerNotifier
    private let status: String
    private let readiness: @Sendable () async -> Void

    /// - Parameters:
    ///   - status: what `systemctl status` shows while the service runs.
    ///   - readiness: returns once the service can be used, or when it is told to stop before that; READY waits for it.
    package init(
        notifier: ServiceManagerNotifier, status: String, readiness: @escaping @Sendable () async -> Void = {}
    ) {
        self.notifier = notifier
        self.status = status
        self.readiness = readiness
    }

    package func run() async throws {
        await readiness()
        if !Task.isCancelled, !Task.isShuttingDownGracefully { notifier.notify(.ready, .status(status)) }
        // An hour where no watchdog is wanted: the wait only ends with the shutdown.
        let pause = notifier.watchdogInterval ?? .seconds(3600)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if notifier.watchdogInterval != nil { notifier.notify(.watchdog) }
                do { try await Task.sleep(for: pause) } catch { break }
            }
        }
        notifier.notify(.stopping)
    }
}

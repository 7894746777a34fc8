// What any service of ours needs to run on a machine: logs, signals, what systemd is sent. Nothing of what the service
// does, now or ever.

package import Logging
package import ServiceLifecycle
import UnixSignals

/// Runs a program's services the way every program of the cluster runs: SIGTERM and SIGINT end it gracefully, a second one
/// at once, and systemd is sent how it goes.
package struct ServiceRun: Sendable {
    private let services: [any Service]
    private let health: ServiceHealth
    private let notifier: ServiceManagerNotifier
    private let logger: Logger
    private let readiness: @Sendable () async -> Void
    private let beforeImmediateExit: @Sendable () -> Void

    /// - Parameters:
    ///   - services: started together, shut down from the last to the first.
    ///   - health: what systemd is sent while it runs.
    ///   - environment: the process's own, for `NOTIFY_SOCKET` and `WATCHDOG_USEC`.
    ///   - readiness: returns once the service can be used, or when it is told to stop before that; READY waits for it.
    ///   - beforeImmediateExit: as `SecondSignalExit` has it.
    package init(
        _ services: [any Service], health: ServiceHealth, environment: [String: String], logger: Logger,
        readiness: @escaping @Sendable () async -> Void = {}, beforeImmediateExit: @escaping @Sendable () -> Void = {}
    ) {
        self.services = services
        self.health = health
        notifier = ServiceManagerNotifier(environment: environment)
        self.logger = logger
        self.readiness = readiness
        self.beforeImmediateExit = beforeImmediateExit
    }

    /// Returns after a graceful end. Call it before any other thread waits for signals.
    /// - Throws: what the service that ended first threw.
    package func run() async throws {
        ProcessSignals.ignoreBrokenPipes()
        // The last is shut down first: systemd is sent STOPPING before the services begin to stop.
        let all: [any Service] =
            services + [
                SecondSignalExit(beforeExit: beforeImmediateExit),
                ServiceManagerService(notifier: notifier, health: health, logger: logger, readiness: readiness),
            ]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                // Named: else the group prints each with all that it holds, settings included (ServiceLifecycle 2.13).
                services: all.map {
                    ServiceGroupConfiguration.ServiceConfiguration(service: $0, serviceName: "\(type(of: $0))")
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}

import Logging
import ServiceLifecycle

/// What systemd is told of a process, beside that it lives.
package struct ServiceHealth: Sendable {
    /// The loops that must turn: while one of them has stopped, the watchdog hears nothing and systemd starts the process
    /// anew.
    package let signs: [VitalSign]
    /// Called before each look at the signs: has loops that wait for work take a turn.
    package let nudge: @Sendable () -> Void
    /// One line for `systemctl status`; asked every few seconds.
    package let summary: @Sendable () -> String

    package init(
        signs: [VitalSign], nudge: @escaping @Sendable () -> Void = {}, summary: @escaping @Sendable () -> String
    ) {
        self.signs = signs
        self.nudge = nudge
        self.summary = summary
    }
}

/// Says READY once the service can be used, STATUS when it changed, WATCHDOG while every vital sign is there, and STOPPING
/// when a graceful shutdown begins.
struct ServiceManagerService: Service {
    let notifier: ServiceManagerNotifier
    let health: ServiceHealth
    let logger: Logger
    /// Returns once the service can be used, or when it is told to stop before that; READY waits for it.
    let readiness: @Sendable () async -> Void

    /// Between two looks, where the watchdog does not want more: `systemctl status` need not be fresher.
    static let longestPause = Duration.seconds(5)

    func run() async throws {
        await readiness()
        await cancelWhenGracefulShutdown { await tellUntilCancelled() }
        notifier.notify(.stopping)
    }

    private func tellUntilCancelled() async {
        guard notifier.isHeard else {
            // Nobody to tell: only the wait for the shutdown is left.
            for await _ in AsyncStream<Never>.makeStream().stream {}
            return
        }
        guard !Task.isCancelled, !Task.isShuttingDownGracefully else { return }
        notifier.notify(.ready)
        let pause = min(notifier.watchdogInterval ?? Self.longestPause, Self.longestPause)
        var watch = VitalSignWatch(health.signs, now: .now)
        var (stopped, status): ([Int], String?) = ([], nil)
        while !Task.isCancelled {
            health.nudge()
            let before = stopped
            stopped = watch.stopped(health.signs.map { $0.turns() }, now: .now)
            if stopped != before { tell(stopped) }
            if stopped.isEmpty, notifier.watchdogInterval != nil { notifier.notify(.watchdog) }
            let next = stopped.isEmpty ? health.summary() : "stuck: \(names(stopped))"
            if next != status { notifier.notify(.status(next)) }
            status = next
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    private func tell(_ stopped: [Int]) {
        guard !stopped.isEmpty else { return logger.notice("every loop turns again") }
        logger.critical("stuck: the service manager's watchdog hears nothing", metadata: ["loops": "\(names(stopped))"])
    }

    private func names(_ signs: [Int]) -> String { signs.map { health.signs[$0].name }.joined(separator: ", ") }
}

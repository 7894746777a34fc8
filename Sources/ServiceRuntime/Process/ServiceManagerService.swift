import Logging
import ServiceLifecycle

/// What is known of a process, beside that it lives: for systemd, and for whoever else watches.
package struct ServiceHealth: Sendable {
    /// The loops that must turn: while one of them has stopped, the watchdog is not fed and systemd starts the process
    /// anew.
    package let signs: [VitalSign]
    /// Called before each check of the signs: has loops that wait for work turn once.
    package let nudge: @Sendable () -> Void
    /// One line for `systemctl status`; asked every few seconds.
    package let summary: @Sendable () -> String
    /// Which of the signs have stopped.
    package let stuck = StuckLoops()

    package init(
        signs: [VitalSign], nudge: @escaping @Sendable () -> Void = {}, summary: @escaping @Sendable () -> String
    ) {
        self.signs = signs
        self.nudge = nudge
        self.summary = summary
    }
}

/// Checks the vital signs, whoever listens. Sends READY once the service can be used, STATUS when it changed, WATCHDOG
/// while every vital sign is there, and STOPPING when a graceful shutdown begins.
struct ServiceManagerService: Service {
    let notifier: ServiceManagerNotifier
    let health: ServiceHealth
    let logger: Logger
    /// Between two checks, where the watchdog does not want more: `systemctl status` need not be fresher.
    var longestPause = Duration.seconds(5)
    /// Returns once the service can be used, or when it is told to stop before that; READY waits for it.
    let readiness: @Sendable () async -> Void

    func run() async throws {
        await readiness()
        await cancelWhenGracefulShutdown { await watchUntilCancelled() }
        notifier.notify(.stopping)
    }

    private func watchUntilCancelled() async {
        guard !Task.isCancelled, !Task.isShuttingDownGracefully else { return }
        notifier.notify(.ready)
        let pause = min(notifier.watchdogInterval ?? longestPause, longestPause)
        var watch = VitalSignWatch(health.signs, now: .now)
        var (stuck, status): ([String], String?) = ([], nil)
        while !Task.isCancelled {
            health.nudge()
            let before = stuck
            stuck = watch.stopped(health.signs.map { $0.turns() }, now: .now).map { health.signs[$0].name }
            if stuck != before { log(stuck) }
            if stuck.isEmpty, notifier.watchdogInterval != nil { notifier.notify(.watchdog) }
            let next = stuck.isEmpty ? health.summary() : "stuck: \(stuck.joined(separator: ", "))"
            // What found no room is sent after the next check.
            if next != status, notifier.notify(.status(next)) == .done { status = next }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    private func log(_ stuck: [String]) {
        health.stuck.found(stuck)
        guard !stuck.isEmpty else { return logger.notice("every loop turns again") }
        logger.critical("stuck", metadata: ["loops": "\(stuck.joined(separator: ", "))"])
    }
}

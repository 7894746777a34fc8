import FoundationEssentials
package import Logging
import NIOPosix

/// The whole life of the `kuma-demo node` process.
package enum StandInProcess {
    /// Runs until SIGTERM, then drops everything at once and lingers as Kuma does.
    /// - Throws: `InvalidStandInSettings`, or why it could not start: the caller exits with 1.
    package static func run(exitDelay: Duration, logger: Logger) async throws {
        let signals = TerminationSignals()
        let settings = try StandInSettings(
            environment: ProcessInfo.processInfo.environment, exitDelay: exitDelay)
        let node = try await StandInNode.start(settings, group: .singleton, logger: logger)
        let arrivals = signals.arrivals
        for await _ in arrivals { break }
        logger.info("stopping")
        await node.stop()
        try await Task.sleep(for: settings.exitDelay)
        withExtendedLifetime(signals) {}
    }
}

import ArgumentParser
import FoundationEssentials
import Logging
import StandInKuma

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run one stand-in Kuma node, configured by Kuma's own UPTIME_KUMA_* variables.")

    @Option(help: "Milliseconds the process lives on after SIGTERM; the real one takes 4000 to 6000.")
    var exitDelay = 500

    func validate() throws {
        guard (0...60_000).contains(exitDelay) else { throw ValidationError("--exit-delay: use 0 to 60000") }
    }

    func run() async throws {
        let level = ProcessInfo.processInfo.environment["LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0) }
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardOutput(label: label)
            if let level { handler.logLevel = level }
            return handler
        }
        try await StandInProcess.run(exitDelay: .milliseconds(exitDelay), logger: Logger(label: "node"))
    }
}

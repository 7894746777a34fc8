import ArgumentParser
import DemoCluster
import Logging

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
        LoggingSystem.bootstrap { StreamLogHandler.standardOutput(label: $0) }
        try await StandInProcess.run(exitDelay: .milliseconds(exitDelay), logger: Logger(label: "node"))
    }
}

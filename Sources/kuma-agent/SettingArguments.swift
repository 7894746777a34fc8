import AgentSettings
import ArgumentParser
import BalancerSettings
import FoundationEssentials
import Secrets
import ServiceRuntime
import Settings

/// What every subcommand takes: `--env-file`, and each setting as a flag (`--db-host`, `--node-id`, …).
struct SettingArguments: ParsableArguments {
    @Option(name: .customLong("env-file"), help: "A file of KEY=VALUE lines, weaker than environment and flags.")
    var environmentFile: String?

    @Argument(parsing: .allUnrecognized, help: "Settings as flags, such as --node-id node1 --db-host 10.0.0.5.")
    var settings: [Secret] = []

    /// The settings, or an end with every problem on standard error.
    func load(adding further: [String] = []) throws -> AgentSettings {
        switch ShownCommandLine.cover(AgentSettings.catalogue.secretFlags) {
        case .covered: break
        case .visible:
            StandardError.print(
                "kuma-agent: without /proc, secrets given as flags stay visible to this machine's users")
        }
        do {
            return try AgentSettings(
                from: SettingInput(
                    arguments: settings + further.map { Secret($0) }, environment: ProcessInfo.processInfo.environment,
                    environmentFile: environmentFile),
                neighbours: [BalancerSettings.catalogue])
        } catch {
            StandardError.print("kuma-agent: \(error)")
            throw AgentExit.badConfiguration
        }
    }
}

/// Each argument may be a secret until it is known which flag it belongs to.
extension Secret: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// Exit codes that scripts may rely on.
enum AgentExit {
    /// The node is not healthy, or the change could not be written.
    static let failure = ExitCode(1)
    /// Another live agent reports for the same node.
    static let conflict = ExitCode(3)
    /// EX_CONFIG of sysexits(3).
    static let badConfiguration = ExitCode(78)
}

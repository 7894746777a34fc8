import AgentSettings
import ArgumentParser
import BalancerSettings
import FoundationEssentials
import Secrets
import ServiceRuntime
import Settings

/// What every subcommand takes: `--env-file`, and each setting as a flag (`--db-host`, `--lb-listen`, …).
struct SettingArguments: ParsableArguments {
    @Option(name: .customLong("env-file"), help: "A file of KEY=VALUE lines, weaker than environment and flags.")
    var environmentFile: String?

    @Argument(parsing: .allUnrecognized, help: "Settings as flags, such as --lb-listen :8084 --db-host 10.0.0.5.")
    var settings: [Secret] = []

    /// The settings, or an end with every problem on standard error.
    func load() throws -> BalancerSettings {
        switch ShownCommandLine.cover(BalancerSettings.catalogue.secretFlags) {
        case .covered: break
        case .visible:
            StandardError.print(
                "kuma-balancer: without /proc, secrets given as flags stay visible to this machine's users")
        }
        do {
            return try BalancerSettings(
                from: SettingInput(
                    arguments: settings, environment: ProcessInfo.processInfo.environment,
                    environmentFile: environmentFile),
                neighbours: [AgentSettings.catalogue])
        } catch {
            StandardError.print("kuma-balancer: \(error)")
            throw BalancerExit.badConfiguration
        }
    }
}

/// Each argument may be a secret until it is known which flag it belongs to.
extension Secret: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// Exit codes that scripts may rely on.
enum BalancerExit {
    static let failure = ExitCode(1)
    /// EX_CONFIG of sysexits(3).
    static let badConfiguration = ExitCode(78)
}

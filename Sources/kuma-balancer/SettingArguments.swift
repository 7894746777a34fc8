import ArgumentParser
import FoundationEssentials
import ServiceRuntime

/// What every subcommand takes: `--env-file`, and each setting as a flag (`--db-host`, `--lb-listen`, …).
struct SettingArguments: ParsableArguments {
    @Option(name: .customLong("env-file"), help: "A file of KEY=VALUE lines, weaker than environment and flags.")
    var environmentFile: String?

    @Argument(parsing: .allUnrecognized, help: "Settings as flags, such as --lb-listen :8084 --db-host 10.0.0.5.")
    var settings: [String] = []

    /// The settings, or an end with every problem on standard error.
    func load() throws -> BalancerSettings {
        do {
            return try BalancerSettings(
                from: SettingInput(
                    arguments: settings, environment: ProcessInfo.processInfo.environment,
                    environmentFile: environmentFile))
        } catch {
            StandardError.print("kuma-balancer: \(error)")
            throw BalancerExit.badConfiguration
        }
    }
}

/// Exit codes that scripts may rely on.
enum BalancerExit {
    static let failure = ExitCode(1)
    /// EX_CONFIG of sysexits(3).
    static let badConfiguration = ExitCode(78)
}

import ArgumentParser
import BalancerSettings
import ServiceRuntime
import Settings

/// `kuma-balancer`: the cluster's entry point. Composition only; what it does lives in DataPlane, ControlPlane and
/// ControlAPI.
@main
struct BalancerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kuma-balancer",
        abstract: "Spreads clients over the Kuma nodes, keeps monitors running, and serves the /lb/ API.",
        discussion: BalancerSettings.catalogue.helpText,
        version: ProductVersion.full,
        subcommands: [RunCommand.self, ProbeCommand.self, CheckConfigCommand.self, SchemaCommand.self],
        defaultSubcommand: RunCommand.self
    )
}

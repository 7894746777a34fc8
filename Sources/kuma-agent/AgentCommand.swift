import AgentSettings
import ArgumentParser
import ServiceRuntime
import Settings

/// `kuma-agent`: the sidecar of one Kuma node. Composition only; decisions live in AgentCore.
@main
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kuma-agent",
        abstract: "Checks the Kuma node beside it and reports its health into the cluster's database.",
        discussion: AgentSettings.catalogue.helpText,
        version: ProductVersion.full,
        subcommands: [
            RunCommand.self, ProbeCommand.self, CheckConfigCommand.self,
        ] + AdminStateCommands.all,
        defaultSubcommand: RunCommand.self
    )
}

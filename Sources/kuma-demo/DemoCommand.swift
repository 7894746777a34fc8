import ArgumentParser
import DemoCluster
import ServiceRuntime

/// `kuma-demo`: the whole cluster on this machine, and its second terminal.
@main
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kuma-demo",
        abstract: "Kuma Cluster on one machine: a private MariaDB, stand-in Kuma nodes, agents and a balancer.",
        discussion: """
            Start it with no arguments, follow the guide it prints, and act on it from a second terminal:
            kuma-demo kill node2, kuma-demo start node2, kuma-demo status. Ctrl-C ends and removes everything.
            """,
        version: ProductVersion.full,
        subcommands: [
            RunCommand.self, KillCommand.self, StopCommand.self, StartCommand.self, FreezeCommand.self,
            ThawCommand.self, StatusCommand.self, NodeCommand.self,
        ],
        defaultSubcommand: RunCommand.self)
}

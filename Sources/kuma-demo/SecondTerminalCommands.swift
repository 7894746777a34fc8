import ArgumentParser
import DemoCluster

/// Which demo and which part of it a second terminal means.
struct TargetArguments: ParsableArguments {
    @Argument(help: "node2, agent2, balancer1 or database.")
    var target: String

    @Option(help: "Port of the demo's first balancer; needed when several demos run.")
    var port: UInt16?

    func act(_ action: DemoAction) throws {
        switch try ControlClient().ask(.act(action, target: target), port: port) {
        case .done(let text), .refused(let text): print(text)
        case .status: break
        }
    }
}

struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Kill a part of the running demo (SIGKILL).")

    @OptionGroup var target: TargetArguments

    func run() throws { try target.act(.kill) }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Ask a part of the running demo to end (SIGTERM), and wait for it.")

    @OptionGroup var target: TargetArguments

    func run() throws { try target.act(.stop) }
}

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a part of the running demo again.")

    @OptionGroup var target: TargetArguments

    func run() throws { try target.act(.start) }
}

struct FreezeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "Freeze a part of the running demo (SIGSTOP).")

    @OptionGroup var target: TargetArguments

    func run() throws { try target.act(.freeze) }
}

struct ThawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw", abstract: "Let a frozen part go on (SIGCONT).")

    @OptionGroup var target: TargetArguments

    func run() throws { try target.act(.thaw) }
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the running demo: nodes, processes, monitors, beats.")

    @Option(help: "Port of the demo's first balancer; needed when several demos run.")
    var port: UInt16?

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
        switch try ControlClient().ask(.status, port: port) {
        case .status(let status): print(json ? ControlCoding.text(status) : StatusTable.render(status), terminator: "")
        case .done(let text), .refused(let text): print(text)
        }
    }
}

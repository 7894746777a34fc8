import ArgumentParser
import DemoCluster

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the cluster until Ctrl-C (what kuma-demo does by itself).")

    @Option(help: "Kuma nodes, each with an agent.")
    var nodes = DemoOptions().nodes

    @Option(help: "Monitors, spread over the nodes.")
    var monitors = DemoOptions().monitors

    @Option(help: "Balancers; the second listens on the next port.")
    var balancers = DemoOptions().balancers

    @Option(help: "Port of the first balancer; 0 chooses a free one.")
    var port = DemoOptions().port

    @Option(help: "Seconds between two checks of a monitor.")
    var interval = DemoOptions().intervalSeconds

    @Option(help: "RETURN_HOLD of the balancers, such as 5s; else their own 30s.")
    var returnHold: String?

    @Option(help: "LEASE_TTL of the balancers, such as 3s; else their own 10s.")
    var leaseTTL: String?

    @Option(help: "REPORT_TTL of the balancers, such as 2s; else their own 8s.")
    var reportTTL: String?

    @Option(help: "LB_PLANNED_MOVES of the balancers: paced or at-once; else their own default.")
    var plannedMoves: String?

    @Flag(help: "Leave Kuma's first-time set-up undone.")
    var setupPending = false

    @Flag(help: "Keep the demo's directory with its logs.")
    var keep = false

    @Flag(help: "Show the log lines of all processes.")
    var verbose = false

    private var options: DemoOptions {
        var options = DemoOptions()
        options.nodes = nodes
        options.monitors = monitors
        options.balancers = balancers
        options.port = port
        options.intervalSeconds = interval
        options.returnHold = returnHold
        options.leaseTTL = leaseTTL
        options.reportTTL = reportTTL
        options.plannedMoves = plannedMoves
        options.setUp = setupPending ? .pending : .done
        options.directory = keep ? .kept : .removed
        options.logs = verbose ? .shown : .inFiles
        return options
    }

    func validate() throws {
        let problems = options.problems
        if !problems.isEmpty { throw ValidationError(problems.joined(separator: "\n")) }
    }

    func run() async throws { try await DemoProcess.run(options, console: Console()) }
}

import ChildProcesses
import DemoCluster
import Secrets

/// A `kuma-agent` of a test's own.
final class AgentProcess: Sendable {
    let output = CollectedLines()
    private let process: ChildProcess

    /// - Parameters:
    ///   - database: the `DB_…` variables.
    ///   - port: on 127.0.0.1, where its Kuma answers or would answer.
    init(_ node: String, on database: [String: String], port: UInt16, _ words: [String] = []) throws {
        let own = [
            "PATH": "/usr/bin:/bin", "NODE_ID": node, "NODE_HOST": "127.0.0.1:\(port)",
            "AGENT_HEALTH_URL": "http://127.0.0.1:\(port)/api/v1/health",
        ]
        process = try ChildProcess.start(
            ChildProcess.Command(
                path: try BuiltExecutables.agent(), arguments: ["run"] + words,
                environment: database.merging(own) { $1 }, output: .lines { [output] in output.append($0) }))
    }

    var exit: ChildProcess.Exit? { process.exit }

    func kill() async {
        process.send(.kill)
        _ = await process.wait(atMost: .seconds(10))
    }

    deinit { process.send(.kill) }
}

extension DemoStatus.Database {
    /// As agents and balancers are told.
    var environment: [String: String] {
        ["DB_HOST": "\(host):\(port)", "DB_USER": user, "DB_PASSWORD": password.revealed, "DB_NAME": name]
    }
}

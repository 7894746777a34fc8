import ClusterCore
import Foundation
import Secrets

/// The simulated half of `Tests/Benchmarks/scale`: agents without nodes, and the routing table by itself.
///
///     Scale agents --nodes 1000 --database-port 3306 --health-port 8000    (DB_PASSWORD in the environment)
///     Scale table --nodes 1000 --monitors 100000
///
/// `agents` says `ready`, then reads commands, one a line: `kill node7` is answered by a line of JSON when the last of its
/// monitors has moved, `start node7` by `started`. It ends with its standard input.
@main
struct Scale {
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        let options = ScaleOptions(Array(words.dropFirst()))
        do {
            switch words.first {
            case "agents": try await agents(options)
            case "table": try TableWork(nodes: options["nodes"], monitors: options["monitors"]).run()
            case _:
                print("usage: Scale agents|table --nodes N …")
                exit(2)
            }
        } catch {
            // Said in words: thrown on, it would read like a crash of the agents.
            FileHandle.standardError.write(Data("Scale: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func agents(_ options: ScaleOptions) async throws {
        let rig = try await AgentRig(
            nodes: options["nodes"], databasePort: UInt16(options["database-port"]),
            healthPort: options["health-port"],
            password: Secret(ProcessInfo.processInfo.environment["DB_PASSWORD"] ?? ""))
        try await rig.start()
        say("ready")
        for await line in commands() {
            let command = line.split(separator: " ").map(String.init)
            guard command.count == 2 else { continue }
            let node = try NodeID(command[1])
            switch command[0] {
            case "kill": say(try await rig.kill(node))
            case "start":
                rig.revive(node)
                say("started")
            case _: say("unknown command: \(line)")
            }
        }
        exit(0)
    }

    /// Standard input, read on a thread of its own.
    private static func commands() -> AsyncStream<String> {
        AsyncStream { continuation in
            Thread.detachNewThread {
                while let line = readLine() { continuation.yield(line) }
                continuation.finish()
            }
        }
    }

    /// A whole line at once, also into a pipe.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

/// `--name NUMBER` pairs.
struct ScaleOptions {
    private let values: [String: Int]

    init(_ words: [String]) {
        var values: [String: Int] = [:]
        for (name, value) in zip(words, words.dropFirst()) where name.hasPrefix("--") {
            values[String(name.dropFirst(2))] = Int(value)
        }
        self.values = values
    }

    /// 0 when it is missing.
    subscript(name: String) -> Int { values[name] ?? 0 }
}

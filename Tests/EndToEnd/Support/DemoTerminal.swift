import ChildProcesses
import DemoCluster
import FoundationEssentials
import HTTPTestClient

/// A person's terminal: runs kuma-demo commands against one demo. Its control socket lies in a directory of this
/// terminal's own, so that several clusters on one machine never meet.
struct DemoTerminal: Sendable {
    private let executable: String
    private let runtimeDirectory: String

    init() throws {
        executable = try BuiltExecutables.demo()
        runtimeDirectory = "/tmp/kuma-e2e-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: runtimeDirectory, withIntermediateDirectories: false)
    }

    func remove() { try? FileManager.default.removeItem(atPath: runtimeDirectory) }

    func command(_ words: [String], output: ChildProcess.Output) -> ChildProcess.Command {
        ChildProcess.Command(
            path: executable, arguments: words,
            environment: ["XDG_RUNTIME_DIR": runtimeDirectory, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], output: output)
    }

    /// Runs a command to its end and returns what it printed.
    /// - Throws: `CommandFailed` unless it ends with exit code 0.
    func run(_ words: [String]) async throws -> String {
        let printed = CollectedLines()
        let (ends, end) = AsyncStream<Void>.makeStream()
        // A mark of our own says that all lines were read: the process may end before its last line has arrived.
        let process = try ChildProcess.start(
            ChildProcess.Command(
                path: "/bin/sh", arguments: ["-c", "\"$0\" \"$@\" 2>&1; echo \"exit $?\"", executable] + words,
                environment: ["XDG_RUNTIME_DIR": runtimeDirectory, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
                output: .lines { line in
                    printed.append(line)
                    if line.hasPrefix("exit ") { end.yield() }
                }))
        let exit = await process.wait(atMost: .seconds(75))
        guard exit != nil else { throw CommandFailed(words: words, exit: nil, output: printed.text) }
        for await _ in ends { break }
        guard printed.text.hasSuffix("exit 0") else {
            throw CommandFailed(words: words, exit: exit, output: printed.text)
        }
        return String(printed.text.dropLast("exit 0".count))
    }

    func status() async throws -> DemoStatus {
        let text = try await run(["status", "--json"])
        return try JSONDecoder().decode(DemoStatus.self, from: Data(text.utf8))
    }
}

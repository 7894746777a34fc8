import ChildProcesses
import DemoCluster
import FoundationEssentials
import Glibc
import HTTPTestClient
import MariaDB
import Synchronization
import Waiting

/// A running demo: the built executables, steered the way a person does it, through `kuma-demo`'s own commands.
final class ClusterUnderTest: Sendable {
    /// The cluster of the suite that runs.
    @TaskLocal static var current: ClusterUnderTest?

    /// - Throws: `NoCluster` outside a suite with a cluster.
    static var running: ClusterUnderTest {
        get throws {
            guard let current else { throw NoCluster() }
            return current
        }
    }

    private let terminal: DemoTerminal
    private let process: ChildProcess
    /// What the demo printed.
    let output: CollectedLines
    let database: Connection
    /// The demo's own, gone when it has ended.
    let directory: String
    let balancerPorts: [UInt16]
    let nodeIDs: [String]

    private init(terminal: DemoTerminal, process: ChildProcess, output: CollectedLines, status: DemoStatus) {
        self.terminal = terminal
        self.process = process
        self.output = output
        let access = status.database
        database = Connection(
            ConnectionOptions(
                hosts: [Host(access.host, port: access.port)], user: access.user, password: access.password,
                database: access.name))
        directory = status.directory
        balancerPorts = status.balancers.compactMap { $0.url.split(separator: ":").last.flatMap { UInt16($0) } }
        nodeIDs = status.nodes.map(\.id)
    }

    /// Starts `kuma-demo run` on free ports and returns when it says that it is ready.
    /// - Parameter words: further arguments of `kuma-demo run`.
    /// - Throws: with everything it printed when it does not become ready.
    static func launch(_ words: [String]) async throws -> ClusterUnderTest {
        let terminal = try DemoTerminal()
        let output = CollectedLines()
        // Kuma's minute is the subject of one suite; the others do not wait for it.
        let timing = words.contains("--planned-moves") ? [] : ["--planned-moves", "at-once"]
        let arguments = ["run", "--port", "0", "--interval", "1"] + timing + words
        let process = try ChildProcess.start(
            terminal.command(arguments, output: .lines { output.append($0) }))
        do {
            try await eventually("kuma-demo is ready", within: .seconds(120)) {
                if let exit = process.exit {
                    throw CommandFailed(words: arguments, exit: exit, output: output.text)
                }
                return output.text.contains("Ready: ")
            }
            let status = try await terminal.status()
            return ClusterUnderTest(terminal: terminal, process: process, output: output, status: status)
        } catch {
            _ = await process.end(within: .seconds(20))
            terminal.remove()
            throw error
        }
    }

    /// Ends the demo as Ctrl-C does.
    /// - Throws: when it does not end with exit code 0, or leaves its directory or a process behind.
    func end() async throws {
        let processes = try await status().processIDs
        await database.close()
        process.send(.interrupt)
        let exit = await process.wait(atMost: .seconds(90))
        terminal.remove()
        guard exit == .code(0) else { throw CommandFailed(words: ["run"], exit: exit, output: output.text) }
        guard access(directory, F_OK) != 0 else { throw LeftBehind(what: directory) }
        for processID in processes where kill(processID, 0) == 0 { throw LeftBehind(what: "process \(processID)") }
    }

    /// `kuma-demo kill node2` and the like, from a second terminal.
    @discardableResult
    func act(_ action: DemoAction, _ target: String) async throws -> String {
        try await terminal.run([action.rawValue, target])
    }

    /// `kuma-demo status --json`.
    func status() async throws -> DemoStatus { try await terminal.status() }
}

extension DemoStatus {
    /// Every process of the demo but itself.
    fileprivate var processIDs: [Int32] {
        (nodes.flatMap { [$0.kuma, $0.agent] } + balancers.map(\.process) + [database.process]).compactMap(\.pid)
    }
}

struct NoCluster: Error, CustomStringConvertible {
    var description: String { "no cluster runs for this test" }
}

struct LeftBehind: Error, CustomStringConvertible {
    let what: String

    var description: String { "the demo left \(what) behind" }
}

/// A command of kuma-demo that failed.
struct CommandFailed: Error, CustomStringConvertible {
    let words: [String]
    let exit: ChildProcess.Exit?
    let output: String

    var description: String {
        "kuma-demo \(words.joined(separator: " ")): \(exit.map { "\($0)" } ?? "no end"):\n\(output)"
    }
}

/// Lines that a process printed.
final class CollectedLines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}

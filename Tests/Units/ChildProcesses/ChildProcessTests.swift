import ChildProcesses
import Foundation
import Glibc
import Synchronization
import Testing
import Waiting

@Suite("Child processes")
struct ChildProcessTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func append(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock(\.self) }
    }

    @Test("Output arrives in lines, the environment is the given one, and the exit code is reported")
    func output() async throws {
        let lines = Lines()
        let child = try ChildProcess.start(
            .init(
                path: "/bin/sh", arguments: ["-c", "echo $WORD; pwd; echo err >&2; printf tail; exit 7"],
                environment: ["WORD": "hello"], directory: "/usr", output: .lines { lines.append($0) }))
        #expect(await child.wait(atMost: .seconds(30)) == .code(7))
        try await eventually { lines.all.count == 4 }
        #expect(lines.all == ["hello", "/usr", "err", "tail"])
    }

    @Test("Waiting has a deadline, and an obstinate child is killed")
    func deadline() async throws {
        let lines = Lines()
        let child = try ChildProcess.start(
            .init(
                path: "/bin/sh", arguments: ["-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"],
                environment: ["PATH": "/usr/bin:/bin"], output: .lines { lines.append($0) }))
        try await eventually { !lines.all.isEmpty }
        #expect(await child.wait(atMost: .milliseconds(1)) == nil)
        #expect(await child.end(within: .milliseconds(50)) == .signal(9))
        child.send(.terminate)
        #expect(child.exit == .signal(9))
    }

    @Test("A missing executable is named")
    func missing() {
        #expect(throws: SpawnError.missing(path: "/no/such/thing", package: nil)) {
            try ChildProcess.start(.init(path: "/no/such/thing"))
        }
    }

    @Test("The kernel kills the child when its parent dies")
    func parentDeath() async throws {
        // A stand-in for us: a shell that starts a grandchild the same way, then is killed.
        let lines = Lines()
        let parent = try ChildProcess.start(
            .init(
                path: "/bin/sh",
                arguments: ["-c", "setpriv --pdeathsig KILL -- /bin/sleep 600 & echo $!; wait"],
                environment: ["PATH": "/usr/bin:/bin"], output: .lines { lines.append($0) }))
        try await eventually { !lines.all.isEmpty }
        let grandchild = try #require(lines.all.first.flatMap { Int32($0) })
        try await eventually { isRunning(grandchild, as: "sleep") }
        parent.send(.kill)
        try await eventually { !isRunning(grandchild, as: "sleep") }
    }

    private func isRunning(_ processID: Int32, as name: String) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
        return stat.contains("(\(name))") && !stat.contains(") Z ")
    }
}

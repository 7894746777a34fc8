import ChildProcesses
import DemoCluster
import Foundation

/// A program of ours that was given marked secrets in one of the ways there are, at trace level.
final class MarkedProgram: Sendable {
    /// How a program gets a secret.
    enum Way: String, CaseIterable {
        case environment, flag, file, environmentFile
    }

    /// Part of each secret, and of nothing else.
    static let mark = "marked-"

    let output = CollectedLines()
    let name: String
    private let process: ChildProcess

    /// - Parameters:
    ///   - name: such as `kuma-agent`.
    ///   - settings: those that are no secrets.
    ///   - secrets: by key.
    ///   - folder: for files.
    init(
        _ name: String, _ words: [String], settings: [String: String], secrets: [String: String], way: Way,
        folder: URL
    ) throws {
        var (words, environment) = (words, ["PATH": "/usr/bin:/bin"].merging(settings) { $1 })
        switch way {
        case .environment: environment.merge(secrets) { $1 }
        case .flag:
            // Both spellings of a flag.
            for (number, (key, value)) in secrets.sorted(by: { $0.key < $1.key }).enumerated() {
                let flag = "--" + key.lowercased().replacing("_", with: "-")
                words += number.isMultiple(of: 2) ? [flag, value] : ["\(flag)=\(value)"]
            }
        case .file:
            for (key, value) in secrets {
                let file = folder.appending(path: "\(name)-\(key)")
                try "\(value)\n".write(to: file, atomically: true, encoding: .utf8)
                environment["\(key)_FILE"] = file.path()
            }
        case .environmentFile:
            let file = folder.appending(path: "\(name).env")
            let lines = secrets.map { "\($0)=\"\($1)\"\n" }.joined()
            try lines.write(to: file, atomically: true, encoding: .utf8)
            words += ["--env-file", file.path()]
        }
        self.name = "\(name) by \(way.rawValue)"
        process = try ChildProcess.start(
            ChildProcess.Command(
                path: try BuiltExecutables.path(of: name), arguments: words, environment: environment,
                output: .lines { [output] in output.append($0) }))
    }

    /// As everybody on the machine sees it.
    func commandLine() throws -> String {
        try String(contentsOfFile: "/proc/\(process.processID)/cmdline", encoding: .utf8)
    }

    /// - Returns: its end by itself; nil when it still runs after `limit`.
    func end(within limit: Duration) async -> ChildProcess.Exit? { await process.wait(atMost: limit) }

    /// SIGTERM, and its end.
    func stop() async -> ChildProcess.Exit? { await process.end(within: .seconds(60)) }

    deinit { process.send(.kill) }
}

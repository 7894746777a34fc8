import ChildProcesses
import FoundationEssentials
import PackageFiles

/// The programs in SocketIO and Browser beside these tests, in a virtual environment under .build that is made once.
struct PythonPrograms: Sendable {
    /// A folder of programs.
    enum Folder: String {
        case socketIO = "SocketIO"
        case browser = "Browser"
    }

    private let tests: String
    private let environment: String

    /// - Throws: `CommandFailed` with what the set-up printed when python3 or its packages are missing: these tests never
    ///   skip.
    static func prepare() async throws -> PythonPrograms {
        let programs = PythonPrograms(
            tests: PackageFiles.root.appending(path: "Tests/EndToEnd").path,
            environment: PackageFiles.root.appending(path: ".build/socketio-python").path)
        let printed = CollectedLines()
        let words = ["\(programs.tests)/SocketIO/prepare", programs.environment]
        let process = try ChildProcess.start(
            ChildProcess.Command(
                path: "/bin/sh", arguments: words, environment: ProcessInfo.processInfo.environment,
                output: .lines { printed.append($0) }))
        let exit = await process.wait(atMost: .seconds(240))
        guard exit == .code(0) else {
            throw CommandFailed(
                words: words, exit: exit,
                output: "the Socket.IO tests need python3 with venv, and PyPI for the first run\n" + printed.text)
        }
        return programs
    }

    func command(
        _ program: String, _ arguments: String..., of folder: Folder = .socketIO, output: ChildProcess.Output
    ) -> ChildProcess.Command {
        ChildProcess.Command(
            path: "\(environment)/bin/python", arguments: ["\(tests)/\(folder.rawValue)/\(program)"] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"], output: output)
    }
}

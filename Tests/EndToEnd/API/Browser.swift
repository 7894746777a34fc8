import ChildProcesses
import Foundation
import Glibc
import SchemaChecking

/// Chromium, where it is installed, as CI does.
enum Browser {
    static let path = "/usr/bin/chromium"
    static var isThere: Bool { access(path, X_OK) == 0 }

    /// Runs Browser/pin_pages.py.
    static func walkThroughPinPages(port: UInt16, node: String) async throws -> JSONValue {
        let python = try await PythonPrograms.prepare()
        let printed = CollectedLines()
        let process = try ChildProcess.start(
            python.command(
                "pin_pages.py", path, "\(port)", node, of: .browser, output: .lines { printed.append($0) }))
        let exit = await process.wait(atMost: .seconds(180))
        guard exit == .code(0), let line = printed.text.split(separator: "\n").last(where: { $0.hasPrefix("{") })
        else { throw CommandFailed(words: ["pin_pages.py"], exit: exit, output: printed.text) }
        return try JSONValue(parsing: String(line))
    }
}

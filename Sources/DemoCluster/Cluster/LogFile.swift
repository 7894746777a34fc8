import FoundationEssentials
import Glibc
import Synchronization

/// A child's log file when its lines are shown as well; and the end of any log file, for messages.
package final class LogFile: Sendable {
    private let path: String
    private let lock = Mutex(())

    /// The file is made with the first line.
    package init(path: String) { self.path = path }

    /// Opened anew for each line: lines of a demo are few, and a file that cannot be written loses a line, not the demo.
    package func append(_ line: String) {
        lock.withLock { _ in
            guard let file = fopen(path, "a") else { return }
            fputs(line + "\n", file)
            fclose(file)
        }
    }

    /// The last lines of a log; empty when there is none.
    package static func tail(of path: String, lines: Int = 20) -> [String] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").suffix(lines).map(String.init)
    }
}

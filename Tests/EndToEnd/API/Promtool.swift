import ChildProcesses
import Foundation
import Glibc

/// `promtool` of Debian's prometheus package, which CI installs.
enum Promtool {
    static let path = "/usr/bin/promtool"
    static var isThere: Bool { access(path, X_OK) == 0 }

    /// What `promtool check metrics` has to say; empty when nothing.
    static func complaints(about metrics: String) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "metrics-\(UUID().uuidString)")
        try Data(metrics.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let printed = CollectedLines()
        let process = try ChildProcess.start(
            ChildProcess.Command(
                path: "/bin/sh", arguments: ["-c", "exec \"$0\" check metrics < \"$1\"", path, file.path()],
                environment: ["PATH": "/usr/bin:/bin"], output: .lines { printed.append($0) }))
        let exit = await process.wait(atMost: .seconds(30))
        return exit == .code(0) ? printed.text : "\(String(describing: exit)): \(printed.text)"
    }
}

/// Prometheus' text format, as far as tests ask.
struct Scrape {
    let text: String

    init(_ text: String) { self.text = text }

    var families: Int { text.split(separator: "\n").count { $0.hasPrefix("# TYPE ") } }

    /// Of every sample of that name whose labels contain `labels`.
    func sum(_ name: String, _ labels: String = "") -> Double {
        text.split(separator: "\n").reduce(0) { sum, line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, let value = Double(parts[1]), labels.isEmpty || parts[0].contains(labels)
            else { return sum }
            return parts[0].prefix(while: { $0 != "{" }) == name ? sum + value : sum
        }
    }
}

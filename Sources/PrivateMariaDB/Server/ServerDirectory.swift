import ChildProcesses
import FoundationEssentials
import Glibc
import Synchronization

/// The temporary directory of one private server, and its clean-up at the end of this process.
final class ServerDirectory: Sendable {
    let path: String
    var data: String { path + "/data" }
    var socket: String { path + "/mariadb.sock" }
    var log: String { path + "/error.log" }
    var processFile: String { path + "/mariadb.pid" }

    /// Makes `kuma-mariadb-XXXXXX`, for this user only, under `parent`.
    init(under parent: String) throws(PrivateMariaDBError) {
        var name = Array((parent + "/kuma-mariadb-XXXXXX").utf8CString)
        // SAFETY: mkdtemp(3) writes within the given text, which is ours and ends with a NUL.
        let made = name.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else {
            throw .cannotPrepare(reason: "mkdtemp in \(parent): \(String(cString: strerror(errno)))")
        }
        path = made
        LeftoverRemoval.note(self)
    }

    func copyData(of original: ServerDirectory) throws(PrivateMariaDBError) {
        do { try FileManager.default.copyItem(atPath: original.data, toPath: data) } catch {
            throw .cannotPrepare(reason: "cannot copy \(original.data): \(error)")
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
        LeftoverRemoval.forget(self)
    }

    /// The end of the error log, for messages.
    func logTail() -> String {
        guard let text = try? String(contentsOfFile: log, encoding: .utf8) else { return "" }
        return text.split(separator: "\n").suffix(15).joined(separator: "\n")
    }
}

/// Ends servers and removes their directories when this process calls exit(3). A process that dies by a signal cannot do
/// that: then the kernel ends the servers (see `ChildProcess`) and the directory stays.
enum LeftoverRemoval {
    private struct Leftovers {
        var directories: [String: ServerDirectory] = [:]
        var processes: [String: ChildProcess] = [:]
    }

    private static let leftovers = Mutex(Leftovers())
    private static let installed: Void = {
        _ = atexit { LeftoverRemoval.run() }
    }()

    static func note(_ directory: ServerDirectory) {
        installed
        leftovers.withLock { $0.directories[directory.path] = directory }
    }

    static func note(_ process: ChildProcess, in directory: ServerDirectory) {
        leftovers.withLock { $0.processes[directory.path] = process }
    }

    static func forget(_ directory: ServerDirectory) {
        leftovers.withLock { leftovers in
            leftovers.directories[directory.path] = nil
            leftovers.processes[directory.path] = nil
        }
    }

    private static func run() {
        let (directories, processes) = leftovers.withLock {
            ($0.directories.values.map(\.self), $0.processes.values.map(\.self))
        }
        for process in processes { process.send(.kill) }
        let deadline = ContinuousClock.now + .seconds(3)
        while processes.contains(where: { $0.exit == nil }), ContinuousClock.now < deadline { usleep(2_000) }
        for directory in directories { directory.remove() }
    }
}

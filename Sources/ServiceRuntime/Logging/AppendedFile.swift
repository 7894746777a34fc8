import Glibc
import Synchronization

/// A log file that others may move away or shorten: each piece is appended to whatever has its name by then. logrotate
/// needs neither a signal nor `copytruncate`, and works with either.
package final class AppendedFile: LineSink {
    /// The file cannot be opened, or made where it is missing.
    package struct Failure: Error, CustomStringConvertible {
        let path: String
        /// errno.
        let code: Int32

        package var description: String { "cannot append to \(path): \(String(cString: strerror(code)))" }
    }

    private struct State {
        var descriptor: Int32
        /// Part of a piece was written, the rest was not.
        var isTorn = false
    }

    private let path: String
    private let state: Mutex<State>

    /// Makes the file where it is missing. The descriptor is this object's, and closed with it.
    /// - Throws: what open(2) says, such as of a directory that is missing or not ours to write.
    package init(_ path: String) throws(Failure) {
        self.path = path
        state = Mutex(State(descriptor: try AppendedFile.open(path)))
    }

    deinit { close(state.withLock { $0.descriptor }) }

    /// Mode 0640: paths and addresses are nobody else's business. A pipe that nobody reads must not stop anything.
    private static func open(_ path: String) throws(Failure) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { throw Failure(path: path, code: errno) }
        return descriptor
    }

    /// From any thread, one at a time; takes as long as the disk does. `notNow` only of a pipe that nobody reads; lines
    /// are lost where the disk is full or the file cannot be opened anew.
    package func offer(_ lines: UnsafeRawBufferPointer) -> LineOutcome {
        state.withLock { state in
            guard followsName(&state) else { return .lost }
            if state.isTorn, write(state.descriptor, "\n", 1) == 1 { state.isTorn = false }
            var sent = 0
            while sent < lines.count {
                let count = write(state.descriptor, lines.baseAddress?.advanced(by: sent), lines.count - sent)
                if count < 0 && errno == EINTR { continue }
                if count < 0 && errno == EAGAIN && sent == 0 { return .notNow }
                // A full disk, most likely: these lines are lost, the next may not be.
                guard count > 0 else {
                    if sent > 0 { state.isTorn = true }
                    return .lost
                }
                sent += count
            }
            return .taken
        }
    }

    /// Opens the file anew when its name stands for another one, or for none. One stat(2) for many lines.
    /// - Returns: false when that cannot be done just now.
    private func followsName(_ state: inout State) -> Bool {
        var (named, opened) = (stat(), stat())
        let isSame =
            stat(path, &named) == 0 && fstat(state.descriptor, &opened) == 0 && named.st_ino == opened.st_ino
            && named.st_dev == opened.st_dev
        guard !isSame else { return true }
        guard let descriptor = try? AppendedFile.open(path) else { return false }
        close(state.descriptor)
        state = State(descriptor: descriptor)
        return true
    }
}

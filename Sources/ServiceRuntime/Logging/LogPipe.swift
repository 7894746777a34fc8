import Glibc
import Synchronization

/// A descriptor that takes log lines, and never holds up who writes them: where nobody reads the other end of a pipe, or a
/// log daemon hangs, lines are dropped and counted. A log line is not worth a stopped service.
///
/// The descriptor stays in blocking mode, because it may be shared with other processes: O_NONBLOCK would be theirs, too
/// (open(2): it belongs to the open file description). poll(2) is asked instead. What it calls writable takes PIPE_BUF
/// bytes at least: a pipe then has a free page, and a socket a quarter of its buffer. So nothing blocks as long as pieces
/// are no larger and one thread at a time asks and writes.
package final class LogPipe: LineSink {
    /// The process's one. Whoever writes lines there shares it: its lock is what keeps two threads from asking and writing at
    /// a time.
    package static let standardError = LogPipe(STDERR_FILENO)

    /// PIPE_BUF of Linux (pipe(7)).
    static let pieceBytes = 4_096

    private struct State {
        /// Since the last line that was written.
        var lost = 0
        /// The last line was dropped in its middle.
        var isTorn = false
    }

    private let descriptor: Int32
    private let state = Mutex(State())

    /// - Parameter descriptor: stays the caller's.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Lines dropped since the last one that was written.
    var lost: Int { state.withLock { $0.lost } }

    /// Writes a line, and before it what reports lines that were lost.
    func write(_ line: String, reporting: (_ lost: Int) -> String) {
        state.withLock { state in
            var text = state.isTorn ? "\n" : ""
            if state.lost > 0 { text += reporting(state.lost) + "\n" }
            text += line + "\n"
            let bytes = Array(text.utf8)
            let sent = put(bytes)
            if sent == bytes.count {
                state = State()
            } else {
                state.lost += 1
                state.isTorn = state.isTorn || sent > 0
            }
        }
    }

    /// Lines that are ready, all of one piece at most.
    package func offer(_ lines: UnsafeRawBufferPointer) -> LineOutcome {
        state.withLock { state in
            if state.isTorn {
                guard put([UInt8(ascii: "\n")]) == 1 else { return .notNow }
                state.isTorn = false
            }
            guard isWritable else { return .notNow }
            let count = Glibc.write(descriptor, lines.baseAddress, lines.count)
            if count < 0 { return errno == EINTR || errno == EAGAIN ? .notNow : .lost }
            state.isTorn = count < lines.count
            return state.isTorn ? .lost : .taken
        }
    }

    /// How many bytes were taken.
    private func put(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count, isWritable {
            // SAFETY: the piece lies within `bytes`, which outlives the call.
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    descriptor, buffer.baseAddress?.advanced(by: sent), min(buffer.count - sent, LogPipe.pieceBytes))
            }
            if count < 0 && errno == EINTR { continue }
            // Nobody reads any more.
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    private var isWritable: Bool {
        var asked = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while true {
            let found = poll(&asked, 1, 0)
            if found < 0 && errno == EINTR { continue }
            return found == 1 && asked.revents & Int16(POLLOUT) != 0
        }
    }
}

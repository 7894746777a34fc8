import Glibc
import Synchronization

/// Reads what a child prints, line by line, on a thread that ends when the last writer has gone.
final class OutputPipe: Sendable {
    private let readEnd: Int32
    let writeEnd: Int32

    /// Nil for an output that needs no pipe.
    init?(for output: ChildProcess.Output) throws(SpawnError) {
        switch output {
        case .discard, .inherit, .file: return nil
        case .lines: break
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .refused(operation: "pipe", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    func closeWriteEnd() { close(writeEnd) }
    func closeReadEnd() { close(readEnd) }

    func read(into output: ChildProcess.Output) {
        guard case .lines(let receive) = output else { return }
        DetachedThread.start { [readEnd] in
            var splitter = LineSplitter()
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while true {
                let count = Glibc.read(readEnd, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                for line in splitter.append(buffer[..<count]) { receive(line) }
            }
            if let rest = splitter.finish() { receive(rest) }
            close(readEnd)
        }
    }
}

/// Cuts a stream of bytes into lines of bounded length.
struct LineSplitter {
    private var pending: [UInt8] = []

    /// The lines that `bytes` completes.
    mutating func append(_ bytes: ArraySlice<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || pending.count >= ChildProcess.Output.lineBytes {
                lines.append(String(decoding: pending, as: UTF8.self))
                pending.removeAll(keepingCapacity: true)
            }
            if byte != UInt8(ascii: "\n") { pending.append(byte) }
        }
        return lines
    }

    /// What came after the last line end; nil when nothing did.
    mutating func finish() -> String? {
        guard !pending.isEmpty else { return nil }
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }
}

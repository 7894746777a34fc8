package import Logging
import Synchronization

/// What this process has logged lately, in memory, and how much it logs: read and changed while it runs.
package final class LogBook: Sendable {
    /// Lines kept at most; the oldest go first.
    package static let lines = 5_000
    /// Characters (UTF-8 bytes) kept at most, so that long lines cannot take the memory of short ones.
    package static let bytes = 2 << 20
    /// Of one line's message and of each of its values; what is longer is cut here, and only here.
    package static let lineBytes = 2_048

    private struct Kept {
        var lines: [LogLine?] = Array(repeating: nil, count: LogBook.lines)
        var sizes: [Int] = Array(repeating: 0, count: LogBook.lines)
        /// Where the oldest is.
        var first = 0
        var count = 0
        var bytes = 0
    }

    private let kept = Mutex(Kept())
    private let threshold: Atomic<Int>
    /// As the settings have it.
    package let configuredLevel: Logger.Level

    /// Empty. What is below the level is kept out by the loggers, not by the book.
    package init(level: Logger.Level) {
        configuredLevel = level
        threshold = Atomic(LogBook.rank(level))
    }

    /// The least important entries that are logged now. Every logger of the process follows a change with its next entry.
    package var level: Logger.Level {
        get { Logger.Level.allCases[threshold.load(ordering: .relaxed)] }
        set { threshold.store(LogBook.rank(newValue), ordering: .relaxed) }
    }

    /// From any thread. Long messages and values are cut first; the oldest lines make room.
    package func append(_ line: LogLine) {
        let line = line.cut(to: LogBook.lineBytes)
        let size = line.bytes
        kept.withLock { kept in
            while kept.count == LogBook.lines || kept.count > 0 && kept.bytes + size > LogBook.bytes {
                kept.lines[kept.first] = nil
                kept.bytes -= kept.sizes[kept.first]
                kept.first = (kept.first + 1) % LogBook.lines
                kept.count -= 1
            }
            let place = (kept.first + kept.count) % LogBook.lines
            kept.lines[place] = line
            kept.sizes[place] = size
            kept.count += 1
            kept.bytes += size
        }
    }

    /// The last `count` lines that are at least as important as `level`, the oldest first.
    package func last(_ count: Int, atLeast level: Logger.Level) -> [LogLine] {
        kept.withLock { kept in
            var found: [LogLine] = []
            for age in 1...max(kept.count, 1) where found.count < count && age <= kept.count {
                let place = (kept.first + kept.count - age) % LogBook.lines
                if let line = kept.lines[place], line.level >= level { found.append(line) }
            }
            return found.reversed()
        }
    }

    private static func rank(_ level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

extension LogLine {
    /// About what it takes in memory.
    fileprivate var bytes: Int {
        64 + label.utf8.count + message.utf8.count
            + metadata.reduce(0) { $0 + 32 + $1.0.utf8.count + $1.1.utf8.count }
    }

    fileprivate func cut(to limit: Int) -> LogLine {
        guard message.utf8.count > limit || metadata.contains(where: { $0.1.utf8.count > limit }) else { return self }
        func cut(_ text: String) -> String {
            text.utf8.count > limit ? String(decoding: text.utf8.prefix(limit), as: UTF8.self) + "…" : text
        }
        return LogLine(
            time: time, level: level, label: label, message: cut(message),
            metadata: metadata.map { ($0.0, cut($0.1)) })
    }
}

import Logging
import ServiceRuntime
import Settings
import Testing

@Suite("The log in memory")
struct LogBookTests {
    private func line(_ level: Logger.Level, _ message: String) -> LogLine {
        LogLine(time: LogTime(milliseconds: 0), level: level, label: "t", message: message, metadata: [("k", "v")])
    }

    @Test("gives the last lines of a level, oldest first")
    func last() {
        let book = LogBook(level: .info)
        #expect(book.last(5, atLeast: .trace).isEmpty)
        for (number, level) in [Logger.Level.debug, .error, .info, .error].enumerated() {
            book.append(line(level, "\(number)"))
        }
        #expect(book.last(5, atLeast: .trace).map(\.message) == ["0", "1", "2", "3"])
        #expect(book.last(2, atLeast: .trace).map(\.message) == ["2", "3"])
        #expect(book.last(5, atLeast: .error).map(\.message) == ["1", "3"])
        #expect(book.last(1, atLeast: .error).map(\.message) == ["3"])
    }

    @Test("forgets the oldest beyond its lines, and beyond its bytes")
    func bounds() {
        let book = LogBook(level: .info)
        for number in 0..<LogBook.lines + 7 { book.append(line(.info, "\(number)")) }
        let all = book.last(LogBook.lines * 2, atLeast: .trace)
        #expect(all.count == LogBook.lines)
        #expect(all.first?.message == "7" && all.last?.message == "\(LogBook.lines + 6)")

        let long = String(repeating: "x", count: 10 * LogBook.lineBytes)
        for _ in 0..<LogBook.lines { book.append(line(.info, long)) }
        let kept = book.last(LogBook.lines, atLeast: .trace)
        #expect(kept.allSatisfy { $0.message.utf8.count <= LogBook.lineBytes + 3 })
        #expect(kept.reduce(0) { $0 + $1.message.utf8.count } <= LogBook.bytes)
        #expect(kept.count > LogBook.bytes / LogBook.lineBytes / 2)
    }

    @Test("a change of level reaches loggers that exist, unless they have a level of their own")
    func level() {
        let book = LogBook(level: .warning)
        let follower = StandardErrorLogHandler(label: "a", level: .warning, format: .text, book: book)
        var own = StandardErrorLogHandler(label: "b", level: .warning, format: .text, book: book)
        own.logLevel = .error
        book.level = .trace
        #expect(follower.logLevel == .trace && own.logLevel == .error)
        #expect(book.configuredLevel == .warning)
        let bookless = StandardErrorLogHandler(label: "c", level: .notice, format: .text)
        #expect(bookless.logLevel == .notice)
    }
}

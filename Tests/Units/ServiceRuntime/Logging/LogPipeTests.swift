import Glibc
import Testing

@testable import ServiceRuntime

@Suite("Where log lines go")
struct LogPipeTests {
    /// A pipe, whose reading end does not block.
    private struct Pipe: ~Copyable {
        let reading, writing: Int32

        init() {
            var ends: [Int32] = [-1, -1]
            #expect(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
            #expect(fcntl(reading, F_SETFL, O_NONBLOCK) == 0)
        }

        /// Everything that is there.
        func everything() -> String {
            var text: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(reading, &piece, piece.count), count > 0 { text += piece.prefix(count) }
            return String(decoding: text, as: UTF8.self)
        }

        deinit {
            close(reading)
            close(writing)
        }
    }

    private func reporting(_ lost: Int) -> String { "lost \(lost)" }

    @Test(
        "a full pipe holds up nobody: lines are dropped, and reported when somebody reads again",
        .timeLimit(.minutes(1))
    )
    func full() {
        let pipe = Pipe()
        let log = LogPipe(pipe.writing)
        let line = String(repeating: "x", count: 999)
        // A pipe holds 64 KiB (pipe(7)).
        for _ in 0..<200 { log.write(line, reporting: reporting) }
        #expect(log.lost > 100)
        let lost = log.lost
        let before = pipe.everything()
        #expect(before.split(separator: "\n").filter { $0 == line }.count == 200 - lost)
        log.write("next", reporting: reporting)
        #expect(pipe.everything().split(separator: "\n") == ["lost \(lost)", "next"])
        #expect(log.lost == 0)
    }

    @Test("a line of many pieces that does not fit leaves the next one its own line", .timeLimit(.minutes(1)))
    func torn() {
        let pipe = Pipe()
        let log = LogPipe(pipe.writing)
        log.write(String(repeating: "y", count: 200_000), reporting: reporting)
        #expect(log.lost == 1)
        #expect(pipe.everything().allSatisfy { $0 == "y" })
        log.write("next", reporting: reporting)
        #expect(pipe.everything() == "\nlost 1\nnext\n")
    }

    @Test("long lines go out whole where there is room")
    func long() {
        let pipe = Pipe()
        let line = String(repeating: "z", count: 20_000)
        LogPipe(pipe.writing).write(line, reporting: reporting)
        #expect(pipe.everything() == line + "\n")
    }
}

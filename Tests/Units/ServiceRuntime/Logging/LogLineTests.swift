import Logging
import ServiceRuntime
import Settings
import Testing

@Suite("Log lines")
struct LogLineTests {
    private func line(_ message: String, _ metadata: [(String, String)] = []) -> LogLine {
        LogLine(
            time: LogTime(milliseconds: 1_767_225_600_042), level: .notice, label: "agent", message: message,
            metadata: metadata)
    }

    @Test("a text line shows time, level, label, message and pairs")
    func text() {
        let text = line("node became offline", [("detail", "connection refused"), ("node", "node1")]).rendered(
            as: .text)
        #expect(
            text
                == "2026-01-01T00:00:00.042Z NOTICE   agent: node became offline detail=\"connection refused\" node=node1"
        )
    }

    @Test("a JSON line is one object, with our own keys kept apart from the metadata's")
    func json() {
        let json = line("a \"b\"\n\u{1}", [("level", "x")]).rendered(as: .json)
        #expect(
            json
                == #"{"time":"2026-01-01T00:00:00.042Z","level":"notice","label":"agent","message":"a \"b\"\n\u0001","level_":"x"}"#
        )
    }

    @Test("a message with line breaks stays one line, so that nobody can forge an entry")
    func forgery() {
        let text = line("a\nb", [("k", "c\nd")]).rendered(as: .text)
        #expect(!text.contains { $0.isNewline })
    }
}

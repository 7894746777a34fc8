import RepeatableRandom
import Testing

@testable import HTTPFraming

/// An input and the reason for which it is refused, whole, cut in two at every place, one byte at a time, and cut at
/// random.
struct Refusal: CustomTestStringConvertible {
    let text: [UInt8]
    let expected: HeadRejection

    init(_ text: String, _ expected: HeadRejection) { self.init(bytes: Array(text.utf8), expected) }

    init(bytes: [UInt8], _ expected: HeadRejection) {
        text = bytes
        self.expected = expected
    }

    var testDescription: String {
        "\(expected): \(String(decoding: text.prefix(90), as: UTF8.self).debugDescription)"
    }

    /// Fails the test unless the head is refused for this reason however its bytes arrive, and with this status.
    func check(status: UInt16 = 400) {
        #expect(expected.status == status, "\(testDescription)")
        for lengths in waysToArrive(text.count, seed: SeededRandom.runSeed) {
            let reading = RequestReading.of(text, arrivingAt: lengths)
            guard reading != .rejected(expected) else { continue }
            Issue.record("\(testDescription) read as \(reading), arriving at \(lengths.prefix(20))")
            return
        }
    }
}

/// A POST with a Host and these lines.
func post(_ lines: String..., version: String = "1.1") -> String {
    "POST / HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
}

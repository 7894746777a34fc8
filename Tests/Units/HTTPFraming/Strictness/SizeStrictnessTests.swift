import Testing

@testable import HTTPFraming

/// Strictness.md: what is too long.
@Suite("A head beyond a limit is refused")
struct SizeStrictnessTests {
    @Test("414: a long request line, ended or not", arguments: [7_987, 7_997, 40_000])
    func longLine(_ length: Int) {
        let start = "GET /" + String(repeating: "a", count: length)
        Refusal(start + " HTTP/1.1\r\nHost: a\r\n\r\n", .requestLineTooLong).check(status: 414)
        if length > 7_996 { Refusal(start, .requestLineTooLong).check(status: 414) }
    }

    @Test("431: a big head, ended or not")
    func bigHead() {
        let value = String(repeating: "a", count: FramingLimits.requestHeadBytes)
        Refusal(post("X: \(value)"), .headTooLarge).check(status: 431)
        Refusal("GET / HTTP/1.1\r\nX: \(value)", .headTooLarge).check(status: 431)
    }

    @Test("431: too many fields, or too many options of Connection")
    func many() {
        Refusal(post(String(repeating: "X: a\r\n", count: 99) + "X: a"), .tooManyFields).check(status: 431)
        Refusal(post("Connection: " + String(repeating: "ab,", count: 342)), .headTooLarge).check(status: 431)
        let line = "Connection: " + String(repeating: "ab,", count: 171)
        Refusal(post(line, line), .headTooLarge).check(status: 431)
    }

    @Test("a head exactly at each limit is accepted, and one byte more is not")
    func atTheLimits() {
        let line = "GET /" + String(repeating: "a", count: 7986) + " HTTP/1.1"
        #expect(line.utf8.count == FramingLimits.requestLineBytes)
        #expect(RequestReading.of(whole: head(line, "Host: a")).summary != nil)

        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let padding = FramingLimits.requestHeadBytes - start.utf8.count - 4
        let largest = start + String(repeating: "a", count: padding) + "\r\n\r\n"
        #expect(RequestReading.of(whole: largest).summary?.headBytes == FramingLimits.requestHeadBytes)
        Refusal(start + String(repeating: "a", count: padding + 1) + "\r\n\r\n", .headTooLarge).check(status: 431)
        let shifted = String(repeating: "\r\n", count: 4) + largest
        #expect(RequestReading.of(whole: shifted).summary?.headBytes == FramingLimits.requestHeadBytes + 8)

        let fields = Array(repeating: "X: a\r\n", count: FramingLimits.requestFields - 1).joined()
        #expect(RequestReading.of(whole: "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n").summary?.fields.count == 100)
    }
}

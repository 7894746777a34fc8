import RepeatableRandom
import Testing

@testable import HTTPFraming

/// Strictness.md for what comes from a node: `502`, and the upstream connection is not used again.
@Suite("A node's answer in doubt is refused")
struct ResponseStrictnessTests {
    static func check(
        _ text: String, _ expected: ResponseRejection, answering request: RequestContext = ResponseReading.toGet
    ) {
        let bytes = Array(text.utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            let reading = ResponseReading.of(bytes, arrivingAt: lengths, answering: request)
            guard reading != .rejected(expected) else { continue }
            Issue.record("\(text.prefix(90).debugDescription) read as \(reading), arriving at \(lengths.prefix(20))")
            return
        }
    }

    @Test("Content-Length with Transfer-Encoding, also where there is no body")
    func lengthAndCoding() {
        for status in ["200 OK", "204 No Content", "304 Not Modified", "103 Early Hints"] {
            let both = head("HTTP/1.1 \(status)", "Content-Length: 5", "Transfer-Encoding: chunked")
            Self.check(both, .lengthAndTransferEncoding)
            Self.check(both, .lengthAndTransferEncoding, answering: ResponseReading.toHead)
        }
    }

    @Test("lengths that differ or are no number")
    func lengths() {
        Self.check(head("HTTP/1.1 200 OK", "Content-Length: 1", "content-length: 2"), .unequalContentLengths)
        Self.check(head("HTTP/1.1 200 OK", "Content-Length: 1, 2"), .unequalContentLengths)
        for value in ["-1", "+1", "", "1,", "0x1", "1 1", "9223372036854775808"] {
            Self.check(head("HTTP/1.1 200 OK", "Content-Length: \(value)"), .badContentLength)
        }
    }

    @Test("a coding other than one chunked, or any in HTTP/1.0")
    func codings() {
        for value in ["gzip", "gzip, chunked", "chunked, chunked", "chunked, identity", "identity", "", "chunked;x"] {
            Self.check(head("HTTP/1.1 200 OK", "Transfer-Encoding: \(value)"), .badTransferEncoding)
        }
        Self.check(head("HTTP/1.0 200 OK", "Transfer-Encoding: chunked"), .badTransferEncoding)
    }

    @Test(
        "field lines that could split the response",
        arguments: [
            head("HTTP/1.1 200 OK", "Location: /x\rSet-Cookie: a=b"), head("HTTP/1.1 200 OK", "Location: /x\u{0}"),
            head("HTTP/1.1 200 OK", "Location: /x\nSet-Cookie: a=b"), head("HTTP/1.1 200 OK", "X-A : b"),
            head("HTTP/1.1 200 OK", "X-A: b", " c"), head("HTTP/1.1 200 OK", " X-A: b"),
            head("HTTP/1.1 200 OK", "Content_Length: 3"), head("HTTP/1.1 200 OK", "no colon"),
            "HTTP/1.1 200 OK\nContent-Length: 3\n\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\nx",
        ])
    func splitting(_ text: String) { Self.check(text, .badField) }

    @Test(
        "a status line that is none",
        arguments: [
            (head("HTTP/2.0 200 OK"), ResponseRejection.badVersion), (head("HTTP/0.9 200 OK"), .badVersion),
            (head("HTTP/1.x 200 OK"), .badVersion), (head("HTTP/1.1 99 OK"), .badStatusLine),
            (head("HTTP/1.1 099 OK"), .badStatusLine), (head("HTTP/1.1 2000 OK"), .badStatusLine),
            (head("HTTP/1.1 +20 OK"), .badStatusLine), (head("HTTP/1.1  200 OK"), .badStatusLine),
            (head("HTTP/1.1 200 O\u{0}K"), .badStatusLine), (head("HTTP/1.1 200\tOK"), .badStatusLine),
            (head("HTTP/1.1 200 O\rK"), .badStatusLine), (head("ICY 200 OK, have fun"), .badStatusLine),
            (head("http/1.1 200 OK"), .badStatusLine), (head(""), .badStatusLine),
            ("\r\nHTTP/1.1 200 OK\r\n\r\n", .badStatusLine), ("HTTP/1.1 200 \n\n", .badField),
        ])
    func statusLines(_ text: String, _ expected: ResponseRejection) { Self.check(text, expected) }

    @Test(
        "HEAD, 1xx, 204 and 304 have no body, whatever their fields say",
        arguments: ["Content-Length: 9", "Transfer-Encoding: chunked", "X: y"])
    func withoutBody(_ field: String) {
        for (status, request) in [
            ("200 OK", ResponseReading.toHead), ("404 Not Found", ResponseReading.toHead),
            ("204 No Content", ResponseReading.toGet), ("304 Not Modified", ResponseReading.toGet),
            ("100 Continue", ResponseReading.toGet), ("199 X", ResponseReading.toGet),
        ] {
            let bytes = Array(head("HTTP/1.1 \(status)", field).utf8)
            for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
                let summary = ResponseReading.of(bytes, arrivingAt: lengths, answering: request).summary
                #expect(summary?.body == BodyFraming.none, "\(status) with \(field)")
            }
        }
    }

    @Test("a node that announces a body where none can be is not asked again on that connection")
    func forbiddenBodies() {
        func persistence(_ lines: String...) -> Persistence? {
            ResponseReading.of(whole: lines.map { $0 + "\r\n" }.joined() + "\r\n").summary?.persistence
        }
        #expect(persistence("HTTP/1.1 204 No Content", "Content-Length: 3") == .close)
        #expect(persistence("HTTP/1.1 204 No Content", "Transfer-Encoding: chunked") == .close)
        #expect(persistence("HTTP/1.1 204 No Content", "Content-Length: 0") == .keepAlive)
        #expect(persistence("HTTP/1.1 204 No Content") == .keepAlive)
        #expect(persistence("HTTP/1.1 304 Not Modified", "Content-Length: 3") == .keepAlive)
    }

    @Test("101 without the upgrade that was asked for, and other protocols than WebSocket")
    func upgrades() {
        let webSocket = ["Upgrade: websocket", "Connection: upgrade"]
        let h2c = ["Upgrade: h2c", "Connection: upgrade"]
        for fields in [webSocket, h2c] {
            let text = head("HTTP/1.1 101 Switching Protocols", fields[0], fields[1])
            Self.check(text, .unexpectedUpgrade)
            if fields == h2c { Self.check(text, .unexpectedUpgrade, answering: ResponseReading.toWebSocket) }
        }
    }
}

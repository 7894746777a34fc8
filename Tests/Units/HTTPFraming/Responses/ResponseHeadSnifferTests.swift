import RepeatableRandom
import Testing

@testable import HTTPFraming

@Suite("A node's response head becomes offsets")
struct ResponseHeadSnifferTests {
    @Test("a usual response, whole and in pieces, says the same")
    func usual() throws {
        let text = head(
            "HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Length: 12", "Connection: keep-alive",
            "Keep-Alive: timeout=5")
        let bytes = Array((text + "Hello world!").utf8)
        let whole = try #require(ResponseReading.of(bytes, arrivingAt: [bytes.count]).summary)
        #expect(whole.status == 200)
        #expect(whole.kind == .final)
        #expect(whole.body == .length(12))
        #expect(whole.declaredLength == 12)
        #expect(whole.persistence == .keepAlive)
        #expect(whole.coding == .identity)
        #expect(whole.headBytes == text.utf8.count)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            #expect(ResponseReading.of(bytes, arrivingAt: lengths) == .complete(whole))
        }
    }

    @Test(
        "the body's framing follows the status, the request and the fields",
        arguments: [
            (head("HTTP/1.1 200 OK"), ResponseReading.toGet, BodyFraming.untilClose),
            (head("HTTP/1.1 200", "Content-Length: 0"), ResponseReading.toGet, .length(0)),
            (head("HTTP/1.1 200 ", "Transfer-Encoding: chunked"), ResponseReading.toGet, .chunked),
            (head("HTTP/1.1 200 OK", "Content-Length: 9"), ResponseReading.toHead, .none),
            (head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), ResponseReading.toHead, .none),
            (head("HTTP/1.1 204 No Content"), ResponseReading.toGet, .none),
            (head("HTTP/1.1 304 Not Modified", "Content-Length: 9"), ResponseReading.toGet, .none),
            (head("HTTP/1.1 100 Continue"), ResponseReading.toGet, .none),
            (head("HTTP/1.0 200 OK"), ResponseReading.toGet, .untilClose),
            (head("HTTP/1.1 999 Odd", "Content-Length: 1"), ResponseReading.toGet, .length(1)),
        ])
    func framings(_ text: String, _ request: RequestContext, _ expected: BodyFraming) {
        #expect(ResponseReading.of(whole: text, answering: request).summary?.body == expected)
    }

    @Test("the node's connection is kept only when both sides can tell where the body ends")
    func persistence() {
        func persistence(_ lines: String...) -> Persistence? {
            ResponseReading.of(whole: lines.map { $0 + "\r\n" }.joined() + "\r\n").summary?.persistence
        }
        #expect(persistence("HTTP/1.1 200 OK", "Content-Length: 1") == .keepAlive)
        #expect(persistence("HTTP/1.1 200 OK", "Content-Length: 1", "Connection: close") == .close)
        #expect(persistence("HTTP/1.1 200 OK", "Connection: keep-alive") == .close)
        #expect(persistence("HTTP/1.0 200 OK", "Content-Length: 1") == .close)
        #expect(persistence("HTTP/1.0 200 OK", "Content-Length: 1", "Connection: keep-alive") == .keepAlive)
    }

    @Test("a tunnel opens only for the upgrade that was asked for")
    func tunnels() {
        let matching = head("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
        #expect(ResponseReading.of(whole: matching, answering: ResponseReading.toWebSocket).summary?.kind == .tunnel)
        #expect(ResponseReading.of(whole: matching) == .rejected(.unexpectedUpgrade))
        for lines in [
            head("HTTP/1.1 101 X", "Upgrade: h2c", "Connection: Upgrade"), head("HTTP/1.1 101 X", "Upgrade: websocket"),
            head("HTTP/1.1 101 X"),
        ] {
            #expect(
                ResponseReading.of(whole: lines, answering: ResponseReading.toWebSocket)
                    == .rejected(.unexpectedUpgrade))
        }
        let interim = head("HTTP/1.1 103 Early Hints", "Link: </a>")
        #expect(ResponseReading.of(whole: interim).summary?.kind == .interim)
        let declined = head("HTTP/1.1 400 Bad Request", "Content-Length: 0")
        #expect(ResponseReading.of(whole: declined, answering: ResponseReading.toWebSocket).summary?.kind == .final)
    }

    @Test("a head beyond a limit is the node's fault")
    func beyondLimits() {
        ResponseStrictnessTests.check(
            "HTTP/1.1 200 OK\r\n" + String(repeating: "X: a\r\n", count: 201) + "\r\n", .tooManyFields)
        ResponseStrictnessTests.check("HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 65_536), .headTooLarge)
        ResponseStrictnessTests.check("HTTP/1.1 200 " + String(repeating: "a", count: 8_000), .badStatusLine)
    }

    @Test("a coded body is known as one")
    func codings() {
        func coding(_ value: String) -> ContentCoding? {
            ResponseReading.of(whole: head("HTTP/1.1 200 OK", "Content-Encoding: \(value)")).summary?.coding
        }
        #expect(coding("gzip") == .coded)
        #expect(coding("Identity") == .identity)
    }

    @Test("a head of the largest size is accepted, with every offset whole")
    func largest() {
        let start = "HTTP/1.1 200 OK\r\nX: "
        let padding = FramingLimits.responseHeadBytes - start.utf8.count - 4
        let text = start + String(repeating: "a", count: padding) + "\r\n\r\n"
        let summary = ResponseReading.of(whole: text).summary
        #expect(summary?.headBytes == 65_535)
        #expect(summary?.fields.first?.utf8.count == padding + 3)
    }
}

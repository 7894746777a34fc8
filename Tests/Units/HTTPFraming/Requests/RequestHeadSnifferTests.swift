import RepeatableRandom
import Testing

@testable import HTTPFraming

@Suite("A request head becomes offsets")
struct RequestHeadSnifferTests {
    static let browser = head(
        "GET /dashboard/12?lang=de&x=%2F HTTP/1.1", "Host: kuma.example:8084", "User-Agent: Mozilla/5.0",
        "Accept: application/xml;q=0.9, Text/HTML;q=0.8, */*", "Cookie: theme=dark; KUMA_FIXED_NODE=node-2; a=b",
        "X-Forwarded-For: 6.6.6.6", "Connection: keep-alive")

    @Test("a browser's request, whole and in pieces, says the same")
    func browserRequest() throws {
        let bytes = Array((Self.browser + "next").utf8)
        let whole = try #require(RequestReading.of(whole: bytes).summary)
        #expect(whole.method == .get)
        #expect(whole.version == .http11)
        #expect(whole.path == "/dashboard/12")
        #expect(whole.query == "lang=de&x=%2F")
        #expect(whole.target == "/dashboard/12?lang=de&x=%2F")
        #expect(whole.host == "kuma.example:8084")
        #expect(whole.pin == "node-2")
        #expect(whole.answerForm == .html)
        #expect(whole.forwarded == [.address])
        #expect(whole.body == .none)
        #expect(whole.persistence == .keepAlive)
        #expect(whole.upgrade == .none)
        #expect(whole.headBytes == Self.browser.utf8.count)
        #expect(whole.fields.count == 6)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            #expect(RequestReading.of(bytes, arrivingAt: lengths) == .complete(whole))
        }
    }

    @Test("every proper prefix of a head needs more")
    func prefixes() {
        let bytes = Array(Self.browser.utf8)
        for length in 0..<bytes.count {
            #expect(RequestReading.of(bytes, arrivingAt: [length]) == .needMore)
        }
    }

    @Test("empty lines before a request are skipped and belong to its head")
    func leadingEmptyLines() {
        let text = "\r\n\r\n" + head("GET / HTTP/1.1", "Host: a")
        let bytes = Array(text.utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            let summary = RequestReading.of(bytes, arrivingAt: lengths).summary
            #expect(summary?.headBytes == bytes.count)
            #expect(summary?.path == "/")
        }
    }

    @Test(
        "the body's framing is read",
        arguments: [
            ("", BodyFraming.none), ("Content-Length: 0\r\n", .length(0)), ("Content-Length: 12\r\n", .length(12)),
            ("content-length:\t007 \r\n", .length(7)),
            ("Content-Length: 5\r\nContent-Length: 5\r\n", .length(5)), ("Content-Length: 5, 5\r\n", .length(5)),
            ("Content-Length: 9223372036854775807\r\n", .length(9_223_372_036_854_775_807)),
            ("Transfer-Encoding: chunked\r\n", .chunked), ("TRANSFER-ENCODING:  Chunked\t\r\n", .chunked),
        ])
    func bodies(_ lines: String, _ expected: BodyFraming) {
        let text = "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n"
        #expect(RequestReading.of(whole: text).summary?.body == expected)
    }

    @Test(
        "keep-alive follows the version and Connection",
        arguments: [
            ("1.1", "", Persistence.keepAlive), ("1.1", "Connection: close\r\n", .close),
            ("1.1", "Connection: x, CLOSE\r\n", .close), ("1.1", "Connection: x\r\nConnection: close\r\n", .close),
            ("1.1", "Connection: closed\r\n", .keepAlive), ("1.0", "", .close),
            ("1.0", "Connection: Keep-Alive\r\n", .keepAlive),
            ("1.0", "Connection: keep-alive, close\r\n", .close), ("1.7", "", .keepAlive),
        ])
    func persistence(_ version: String, _ lines: String, _ expected: Persistence) {
        let text = "GET / HTTP/\(version)\r\nHost: a\r\n" + lines + "\r\n"
        #expect(RequestReading.of(whole: text).summary?.persistence == expected)
    }

    static let webSocket = [
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", "Host: a", "Connection: keep-alive, Upgrade",
        "Upgrade: WebSocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
    ]

    @Test("a WebSocket request is one only when nothing of it is missing")
    func webSocketRequests() {
        func upgrade(_ lines: [String]) -> UpgradeRequest? {
            RequestReading.of(whole: lines.map { $0 + "\r\n" }.joined() + "\r\n").summary?.upgrade
        }
        #expect(upgrade(Self.webSocket) == .webSocket)
        for missing in 2..<Self.webSocket.count {
            var lines = Self.webSocket
            lines.remove(at: missing)
            #expect(upgrade(lines) == UpgradeRequest.none, "without \(Self.webSocket[missing])")
        }
        var changed = Self.webSocket
        changed[0] = "POST /socket.io/ HTTP/1.1"
        #expect(upgrade(changed) == UpgradeRequest.none)
        changed[0] = "GET /socket.io/ HTTP/1.0"
        #expect(upgrade(changed) == UpgradeRequest.none)
        changed = Self.webSocket
        changed[3] = "Upgrade: h2c"
        #expect(upgrade(changed) == UpgradeRequest.none)
        for list in ["h2c, websocket", "websocket, h2c", "websocket/13"] {
            changed[3] = "Upgrade: \(list)"
            #expect(upgrade(changed) == UpgradeRequest.none)
        }
        for list in ["WEBSOCKET", ", websocket,", "websocket, websocket"] {
            changed[3] = "Upgrade: \(list)"
            #expect(upgrade(changed) == .webSocket)
        }
        #expect(upgrade(Self.webSocket + ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]) == UpgradeRequest.none)
        #expect(upgrade(Self.webSocket + ["Content-Length: 3"]) == UpgradeRequest.none)
        changed = Self.webSocket
        for key in ["short", "dGhlIHNhbXBsZSBub25jZQ=A", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25jZ-=="] {
            changed[4] = "Sec-WebSocket-Key: \(key)"
            #expect(upgrade(changed) == UpgradeRequest.none)
        }
        for key in ["+GhlIHNhbXBsZSBub25jZQ==", "/9hlIHNhbXBsZSBub25jZQ==", "ZZZZZZZZZZZZZZZZZZZZZZ=="] {
            changed[4] = "Sec-WebSocket-Key: \(key)"
            #expect(upgrade(changed) == .webSocket)
        }
    }

    @Test(
        "the pin is the first Cookie field's that has it, and only in the form of a node id",
        arguments: [
            (["a=b; KUMA_FIXED_NODE=node2"], "node2"), (["KUMA_FIXED_NODE=A.b_c-9"], "A.b_c-9"),
            (["a=1", "KUMA_FIXED_NODE=n1; KUMA_FIXED_NODE=n2", "KUMA_FIXED_NODE=n3"], "n1"),
            (["KUMA_FIXED_NODE=no/de", "KUMA_FIXED_NODE=n3"], ""), (["KUMA_FIXED_NODE="], ""),
            (["KUMA_FIXED_NODE"], ""), (["kuma_fixed_node=n1"], ""), (["XKUMA_FIXED_NODE=n1"], ""),
            (["KUMA_FIXED_NODEX=n1"], ""), (["KUMA_FIXED_NODE=\"n1\""], ""), (["KUMA_FIXED_NODE=n 1"], ""),
            (["KUMA_FIXED_NODE=" + String(repeating: "x", count: 50)], String(repeating: "x", count: 50)),
            (["KUMA_FIXED_NODE=" + String(repeating: "x", count: 51)], ""),
            (["x=;;KUMA_FIXED_NODE=n1 "], "n1"), ([], ""),
        ])
    func pins(_ cookies: [String], _ expected: String) {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n" + cookies.map { "Cookie: \($0)\r\n" }.joined() + "\r\n"
        #expect(RequestReading.of(whole: text).summary?.pin == expected)
    }

    @Test("a client that waits for 100 is noticed, unless it speaks HTTP/1.0")
    func expectations() {
        func expectation(_ version: String, _ value: String) -> BodyExpectation? {
            RequestReading.of(whole: head("POST / HTTP/\(version)", "Host: a", "Expect: \(value)")).summary?.expectation
        }
        #expect(expectation("1.1", "100-Continue") == .hundredContinue)
        #expect(expectation("1.1", "other") == BodyExpectation.none)
        #expect(expectation("1.0", "100-continue") == BodyExpectation.none)
    }

    @Test("targets in absolute form name the path behind the authority")
    func absoluteForm() {
        let plain = RequestReading.of(whole: head("GET HTTP://Kuma.test:80/a?b=c HTTP/1.1", "Host: kuma.test:80"))
            .summary
        #expect(plain?.path == "/a")
        #expect(plain?.query == "b=c")
        let bare = RequestReading.of(whole: head("GET http://kuma.test?b HTTP/1.1", "Host: kuma.test")).summary
        #expect(bare?.path == "")
        #expect(bare?.query == "b")
        let old = RequestReading.of(whole: head("GET http://kuma.test/lb/ping HTTP/1.0")).summary
        #expect(old?.host == "kuma.test")
        #expect(old?.destination == "api")
        let server = RequestReading.of(whole: head("OPTIONS * HTTP/1.1", "Host: a")).summary
        #expect(server?.path == "*")
        #expect(server?.destination == "node")
    }

    @Test("methods are exact, and unknown ones are relayed")
    func methods() {
        func method(_ text: String) -> RequestMethod? {
            RequestReading.of(whole: head("\(text) / HTTP/1.1", "Host: a")).summary?.method
        }
        let known: [(String, RequestMethod)] = [
            ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("PATCH", .patch),
            ("OPTIONS", .options), ("PROPFIND", .other), ("get", .other), ("M-SEARCH", .other),
        ]
        for (text, expected) in known { #expect(method(text) == expected) }
    }

    @Test("what a connection and a reactor keep of a head is small")
    func sizes() {
        #expect(MemoryLayout<RequestHeadSniffer>.size <= 8)
        #expect(MemoryLayout<RequestHead>.size <= 128)
        #expect(MemoryLayout<FieldLine>.stride <= 12)
        #expect(MemoryLayout<BodyScanner>.size <= 32)
    }
}

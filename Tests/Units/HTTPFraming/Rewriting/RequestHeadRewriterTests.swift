import Testing

@testable import HTTPFraming

@Suite("A request's head is stamped")
struct RequestHeadRewriterTests {
    static func stamped(
        _ request: String, trust: PeerTrust = .untrusted, upstream: Persistence = .keepAlive
    ) -> String? {
        text(rewritten(request: Array(request.utf8), trust: trust, upstream: upstream))
    }

    static let stamps = [
        "X-Forwarded-For: 192.0.2.7", "X-Real-IP: 192.0.2.7", "X-Forwarded-Proto: http",
        "X-Forwarded-Host: kuma.test:8084",
    ]

    static func expected(_ lines: [String]) -> String { lines.map { $0 + "\r\n" }.joined() + "\r\n" }

    @Test("what a client says of addresses is replaced, byte for byte")
    func forged() {
        let request = head(
            "GET /a?b HTTP/1.1", "User-Agent:  x ", "Forwarded: for=6.6.6.6", "X-Forwarded-For: 6.6.6.6",
            "x-real-ip: 6.6.6.6",
            "Host: kuma.test:8084", "X-Forwarded-Proto: https", "X-FORWARDED-HOST: evil", "X-Routed-Via: me",
            "X-Routed-To: me", "x-routed-NODE: me", "Cookie: a=b")
        #expect(
            Self.stamped(request)
                == Self.expected(
                    ["GET /a?b HTTP/1.1", "Host: kuma.test:8084", "User-Agent:  x ", "Cookie: a=b"] + Self.stamps
                        + ["Connection: keep-alive"]))
    }

    @Test("hop-by-hop fields and what Connection names stay here")
    func hopByHop() {
        let request = head(
            "GET / HTTP/1.1", "Host: kuma.test:8084", "Connection: close, X-Hop", "Connection: x-other",
            "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "X-Hop: 1", "x-OTHER: 2",
            "X-Hopper: 3", "Upgrade: h2c", "HTTP2-Settings: AAA", "Trailer: Expires")
        #expect(
            Self.stamped(request, upstream: .close)
                == Self.expected(
                    ["GET / HTTP/1.1", "Host: kuma.test:8084", "X-Hopper: 3", "Trailer: Expires"] + Self.stamps
                        + ["Connection: close"]))
    }

    @Test("Connection cannot remove the host, the framing or a stamp")
    func connectionIsNoEraser() {
        let request = head(
            "POST / HTTP/1.1", "Host: kuma.test:8084", "Content-Length: 3",
            "Connection: host, content-length, x-forwarded-for, x-real-ip", "X-Real-IP: 198.51.100.1",
            "Connection: x-forwarded-host, x-forwarded-proto, transfer-encoding, expect", "Expect: 100-continue")
        let line = "X-Real-IP: 198.51.100.1"
        #expect(
            Self.stamped(request, trust: .trusted)
                == Self.expected([
                    "POST / HTTP/1.1", "Host: kuma.test:8084", line, "Expect: 100-continue", "Content-Length: 3",
                    Self.stamps[0], Self.stamps[2], Self.stamps[3], "Connection: keep-alive",
                ]))
    }

    @Test("a trusted peer's fields are kept, and the way is continued")
    func trusted() {
        let request = head(
            "GET / HTTP/1.1", "Host: kuma.test:8084", "X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https",
            "Forwarded: for=198.51.100.1",
            "X-Forwarded-For:", "X-Forwarded-For: 203.0.113.9, 203.0.113.10", "X-Forwarded-Host: public.example")
        #expect(
            Self.stamped(request, trust: .trusted)
                == Self.expected([
                    "GET / HTTP/1.1", "Host: kuma.test:8084", "X-Forwarded-Proto: https",
                    "Forwarded: for=198.51.100.1", "X-Forwarded-Host: public.example",
                    "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 203.0.113.10, 192.0.2.7", "X-Real-IP: 192.0.2.7",
                    "Connection: keep-alive",
                ]))
    }

    @Test("framing goes out once and in normal form")
    func framing() {
        let length = head("POST / HTTP/1.1", "Host: kuma.test:8084", "Content-Length: 5, 005", "Content-Length: 5")
        #expect(
            Self.stamped(length)
                == Self.expected(
                    ["POST / HTTP/1.1", "Host: kuma.test:8084", "Content-Length: 5"] + Self.stamps
                        + ["Connection: keep-alive"]))
        let chunked = head("POST / HTTP/1.1", "Host: kuma.test:8084", "transfer-ENCODING: \tChunked")
        #expect(
            Self.stamped(chunked)
                == Self.expected(
                    ["POST / HTTP/1.1", "Host: kuma.test:8084", "Transfer-Encoding: chunked"] + Self.stamps
                        + ["Connection: keep-alive"]))
        let largest = head("POST / HTTP/1.1", "Host: kuma.test:8084", "Content-Length: 9223372036854775807")
        #expect(Self.stamped(largest)?.contains("\r\nContent-Length: 9223372036854775807\r\n") == true)
        let none = head("POST / HTTP/1.1", "Host: kuma.test:8084", "Content-Length: 0")
        #expect(Self.stamped(none)?.contains("\r\nContent-Length: 0\r\n") == true)
    }

    @Test("a WebSocket request stays one")
    func webSocket() {
        let request = head(
            "GET /socket.io/ HTTP/1.1", "Host: kuma.test:8084", "Connection: keep-alive, Upgrade",
            "Upgrade: WebSocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Extensions: permessage-deflate")
        #expect(
            Self.stamped(request)
                == Self.expected(
                    [
                        "GET /socket.io/ HTTP/1.1", "Host: kuma.test:8084",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Extensions: permessage-deflate",
                    ] + Self.stamps + ["Connection: Upgrade", "Upgrade: websocket"]))
    }

    @Test(
        "an upgrade to anything else, or to several things, is not passed on, nor are the settings for it",
        arguments: [
            "h2c", "websocket, h2c", "h2c, websocket", "websocket,h2c", "WEBSOCKET , H2C", "TLS/1.0", "websocket/13",
            "websockets", "websocket h2c", "\"websocket\"", "", ",",
        ])
    func otherUpgrade(_ value: String) {
        let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        let version = "Sec-WebSocket-Version: 13"
        for connection in ["Upgrade", "Upgrade, HTTP2-Settings", "upgrade,http2-settings"] {
            let request = head(
                "GET / HTTP/1.1", "Host: kuma.test:8084", "Connection: \(connection)", "uPGRADE:\(value) \t", key,
                version, "http2-SETTINGS: AAMAAABkAAQAAP__ ")
            #expect(
                Self.stamped(request)
                    == Self.expected(
                        ["GET / HTTP/1.1", "Host: kuma.test:8084", key, version] + Self.stamps
                            + ["Connection: keep-alive"]))
        }
        // In several fields it is the same list.
        let lines = ["Upgrade: websocket"] + value.split(separator: ",").map { "Upgrade:\($0)" }
        let isWebSocket = value.allSatisfy { $0 == "," }
        let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\(key)\r\n\(version)\r\n"
        let sent = Self.stamped(request + lines.map { $0 + "\r\n" }.joined() + "\r\n")
        #expect(sent?.contains("\r\nUpgrade: websocket\r\n") == isWebSocket)
        #expect(sent?.lowercased().contains("h2c") == false)
    }

    @Test(
        "targets go out in origin form and under our own version",
        arguments: [
            ("GET http://kuma.test:8084/a?b HTTP/1.1", "GET /a?b HTTP/1.1"),
            ("GET http://kuma.test:8084 HTTP/1.1", "GET / HTTP/1.1"),
            ("GET http://kuma.test:8084?b HTTP/1.1", "GET /?b HTTP/1.1"),
            ("OPTIONS http://kuma.test:8084 HTTP/1.1", "OPTIONS * HTTP/1.1"),
            ("OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1"),
            ("GET /x/../%2F//y?a?b HTTP/1.1", "GET /x/../%2F//y?a?b HTTP/1.1"),
            ("GET / HTTP/1.0", "GET / HTTP/1.1"), ("GET / HTTP/1.3", "GET / HTTP/1.1"),
        ])
    func requestLines(_ line: String, _ expected: String) {
        let request = head(line, "Host: kuma.test:8084")
        #expect(
            Self.stamped(request)
                == Self.expected([expected, "Host: kuma.test:8084"] + Self.stamps + ["Connection: keep-alive"]))
    }

    @Test("an HTTP/1.0 request without a host goes to where its client connected; it has no expectations")
    func noHost() {
        #expect(
            Self.stamped(head("GET / HTTP/1.0", "Expect: 100-continue", "A: b"))
                == Self.expected(
                    ["GET / HTTP/1.1", "Host: 192.0.2.1:8084", "A: b"] + Self.stamps.prefix(3)
                        + ["Connection: keep-alive"]))
    }

    @Test(
        "Max-Forwards counts down on OPTIONS, in each of its lines, and is a field as any other elsewhere",
        arguments: [
            ("OPTIONS", "Max-Forwards: 7", "Max-Forwards: 6"), ("OPTIONS", "max-forwards:1", "Max-Forwards: 0"),
            ("OPTIONS", "Max-Forwards: 0010", "Max-Forwards: 9"), ("OPTIONS", "Max-Forwards: 3x", "Max-Forwards: 3x"),
            ("OPTIONS", "Max-Forwards:", "Max-Forwards:"), ("GET", "Max-Forwards: 7", "Max-Forwards: 7"),
            ("GET", "Max-Forwards: 0", "Max-Forwards: 0"),
            ("OPTIONS", "Max-Forwards: 18446744073709551616", "Max-Forwards: 18446744073709551615"),
        ])
    func maxForwards(_ method: String, _ line: String, _ expected: String) {
        let lines = ["\(method) / HTTP/1.1", "Host: kuma.test:8084", "A: b"]
        let request = head(lines[0], lines[1], "Connection: max-forwards", lines[2], line, "C: d", line)
        #expect(
            Self.stamped(request)
                == Self.expected(lines + [expected, "C: d", expected] + Self.stamps + ["Connection: keep-alive"]))
    }

    @Test("only an OPTIONS that may go no further ends here")
    func lastHop() throws {
        func isLast(_ method: String, _ value: String) throws -> Bool {
            var fields = HeadFieldTable()
            var sniffer = RequestHeadSniffer()
            let request = Array(head("\(method) / HTTP/1.1", "Host: a", "Max-Forwards: \(value)").utf8)
            let outcome = request.withUnsafeBytes { sniffer.sniff($0, into: &fields) }
            guard case .complete(let head) = outcome else { return false }
            return head.isLastHop
        }
        for value in ["0", "00"] { #expect(try isLast("OPTIONS", value)) }
        for value in ["1", "", "-0", "0, 0", "x"] { #expect(try !isLast("OPTIONS", value)) }
        for method in ["GET", "POST", "options"] { #expect(try !isLast(method, "0")) }
    }

    @Test("a buffer that is too small is left alone beyond its end, whatever its size")
    func tooLarge() throws {
        let request = Array(head("GET /a HTTP/1.1", "Host: kuma.test:8084", "Cookie: a=b", "X-Real-IP: 1").utf8)
        let whole = try #require(rewritten(request: request))
        for room in 0..<whole.count { #expect(rewritten(request: request, room: room) == nil) }
        #expect(rewritten(request: request, room: whole.count) == whole)
    }

    @Test("a head of the largest size with the largest host still fits the documented room")
    func largest() {
        let start = "GET / HTTP/1.1\r\nHost: "
        let host = String(repeating: "h", count: FramingLimits.requestHeadBytes - start.utf8.count - 4)
        #expect(rewritten(request: Array((start + host + "\r\n\r\n").utf8)) != nil)
    }
}

import Testing

@testable import HTTPFraming

@Suite("A response's head is stamped")
struct ResponseHeadRewriterTests {
    static let routed = "X-Routed-Via: load-balancer\r\nX-Routed-To: uptime-kuma-node1\r\n"

    static func stamped(
        _ response: String, answering request: RequestContext = ResponseReading.toGet, client: Persistence = .keepAlive,
        routed: String = routed, pin: PinClearing = .none
    ) -> String? {
        text(rewritten(response: Array(response.utf8), answering: request, client: client, routed: routed, pin: pin))
    }

    @Test("the node's own copies and hop-by-hop fields are replaced, byte for byte")
    func usual() {
        let response = head(
            "HTTP/1.1 200 All is well", "Content-Type: text/html", "x-routed-to: forged", "X-Routed-Via: forged",
            "X-Routed-Node: forged",
            "Connection: keep-alive, X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5", "Content-Length: 3", "ETag: \"x\"")
        #expect(
            Self.stamped(response)
                == head(
                    "HTTP/1.1 200 All is well", "Content-Type: text/html", "ETag: \"x\"", "Content-Length: 3",
                    "X-Routed-Via: load-balancer", "X-Routed-To: uptime-kuma-node1", "Connection: keep-alive"))
    }

    @Test("the control API's responses get no route")
    func controlAPI() {
        let response = head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "X-Balancer: b1")
        #expect(
            Self.stamped(response, client: .close, routed: "")
                == head("HTTP/1.1 200 OK", "X-Balancer: b1", "Transfer-Encoding: chunked", "Connection: close"))
    }

    @Test("a bad pin is cleared beside the node's own cookies")
    func pinClearing() {
        let response = head("HTTP/1.1 200 OK", "Set-Cookie: a=b", "Set-Cookie: c=d", "Content-Length: 0")
        #expect(
            Self.stamped(response, routed: "", pin: .clear)
                == head(
                    "HTTP/1.1 200 OK", "Set-Cookie: a=b", "Set-Cookie: c=d", "Content-Length: 0",
                    "Set-Cookie: KUMA_FIXED_NODE=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", "Connection: keep-alive")
        )
    }

    @Test("a body until close closes the client's connection too, under our own version")
    func untilClose() {
        #expect(
            Self.stamped(head("HTTP/1.0 200 OK"), routed: "") == head("HTTP/1.1 200 OK", "Connection: close"))
    }

    @Test("chunks that go on as bare data end with the connection; a body with a length keeps it")
    func bare() {
        let chunked = Array(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "A: b").utf8)
        #expect(text(rewritten(response: chunked, body: .bare)) == head("HTTP/1.1 200 OK", "A: b", "Connection: close"))
        let counted = Array(head("HTTP/1.1 200 OK", "Content-Length: 3").utf8)
        #expect(
            text(rewritten(response: counted, body: .bare))
                == head("HTTP/1.1 200 OK", "Content-Length: 3", "Connection: keep-alive"))
    }

    @Test("a response without a body says what its length would have been")
    func withoutBody() {
        let response = head("HTTP/1.1 200 OK", "Content-Length: 9")
        #expect(
            Self.stamped(response, answering: ResponseReading.toHead, routed: "")
                == head("HTTP/1.1 200 OK", "Content-Length: 9", "Connection: keep-alive"))
        #expect(
            Self.stamped(head("HTTP/1.1 304 Not Modified", "Content-Length: 9"), routed: "")
                == head("HTTP/1.1 304 Not Modified", "Content-Length: 9", "Connection: keep-alive"))
        #expect(
            Self.stamped(head("HTTP/1.1 204 No Content", "Content-Length: 0"), routed: "")
                == head("HTTP/1.1 204 No Content", "Connection: keep-alive"))
    }

    @Test("an interim response carries nothing of ours")
    func interim() {
        let response = head("HTTP/1.1 103 Early Hints", "Link: </a>", "Content-Length: 4", "X-Routed-To: x")
        #expect(
            Self.stamped(response, client: .close, pin: .clear) == head("HTTP/1.1 103 Early Hints", "Link: </a>"))
    }

    @Test("a tunnel's head keeps its upgrade")
    func tunnel() {
        let response = head(
            "HTTP/1.1 101 Switching Protocols", "Upgrade: WebSocket", "Connection: upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(
            Self.stamped(response, answering: ResponseReading.toWebSocket, client: .close)
                == head(
                    "HTTP/1.1 101 Switching Protocols", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                    "X-Routed-Via: load-balancer", "X-Routed-To: uptime-kuma-node1", "Connection: Upgrade",
                    "Upgrade: websocket"))
    }

    @Test("a buffer that is too small is left alone beyond its end, whatever its size")
    func tooLarge() throws {
        let response = Array(head("HTTP/1.1 200 OK", "Content-Length: 9", "A: b", "Connection: x", "C: d").utf8)
        let whole = try #require(rewritten(response: response, routed: Self.routed, pin: .clear))
        for room in 0..<whole.count {
            #expect(rewritten(response: response, routed: Self.routed, pin: .clear, room: room) == nil)
        }
        #expect(rewritten(response: response, routed: Self.routed, pin: .clear, room: whole.count) == whole)
    }
}

import HTTPFraming

/// What a node sends, and the requests that it answers.
struct ResponseStream {
    var bytes: [UInt8]
    var requests: [RequestContext]
}

/// Streams of responses, with interim ones, tunnels and bodies until close; sometimes damaged.
enum ResponseGrammar {
    private static let statuses = bytes(
        "200 OK", "200", "204 No Content", "304 Not Modified", "404 Not Found", "301 Moved", "206 ", "500 Ärger",
        "599 X",
        "999 Odd", "101 Switching Protocols", "99 X", "20 X", "2000 X", "200\tOK")
    private static let interim = bytes("100 Continue", "103 Early Hints", "102", "199 X")
    private static let versions = bytes("HTTP/1.1", "HTTP/1.0", "HTTP/1.3", "HTTP/2.0", "http/1.1")
    private static let fields = bytes(
        "Content-Type: text/html", "Set-Cookie: a=b", "Set-Cookie: KUMA_FIXED_NODE=x; Path=/", "ETag: \"x\"",
        "X-Routed-To: forged", "X-Routed-Node: forged", "x-routed-via: forged", "Connection: keep-alive",
        "Connection: close, X-Hop", "X-Hop: 1",
        "Keep-Alive: timeout=5", "Content-Encoding: gzip", "Upgrade: websocket", "Upgrade: h2c", "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Proxy-Connection: x", "Date: x", "X-Empty:",
        "Connection: set-cookie", "Vary: Origin")
    private static let doubtful = bytes(
        " folded", "X : y", "nocolon", "X: a\rb", "X: a\u{0}", "Content-Length: 3", "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip", "Content-Length: 4, 5", "Content_Length: 3", "Content-Length: -1")

    static func stream(_ generator: inout CaseGenerator) -> ResponseStream {
        var made = ResponseStream(bytes: [], requests: [])
        for _ in 0...generator.below(3) {
            let method: RequestMethod = generator.oneIn(5) ? .head : generator.oneIn(3) ? .post : .get
            let upgrade: UpgradeRequest = method == .get && generator.oneIn(6) ? .webSocket : .none
            made.requests.append(RequestContext(method: method, upgrade: upgrade))
            if generator.oneIn(6) { appendInterim(to: &made.bytes, &generator) }
            if upgrade == .webSocket, !generator.oneIn(3) {
                made.bytes += Array("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n".utf8)
                made.bytes += [0x81, 0x00]
                break
            }
            appendFinal(to: &made.bytes, answering: method, &generator)
        }
        if generator.oneIn(2) { Damage.inflict(on: &made.bytes, &generator) }
        return made
    }

    private static func appendInterim(to stream: inout [UInt8], _ generator: inout CaseGenerator) {
        stream += Array("HTTP/1.1 ".utf8) + generator.pick(interim) + [13, 10]
        if generator.oneIn(2) { stream += generator.pick(fields) + [13, 10] }
        stream += [13, 10]
    }

    private static func appendFinal(
        to stream: inout [UInt8], answering method: RequestMethod, _ generator: inout CaseGenerator
    ) {
        let version = versions[generator.oneIn(4) ? generator.below(generator.oneIn(8) ? versions.count : 3) : 0]
        let status =
            generator.oneIn(2) ? statuses[0] : statuses[generator.below(generator.oneIn(10) ? statuses.count : 10)]
        stream += version + [0x20] + status + [13, 10]
        var lines: [[UInt8]] = []
        for _ in 0..<generator.below(6) { lines.append(generator.pick(fields)) }
        if generator.oneIn(10) { lines.append(generator.pick(doubtful)) }
        var body: [UInt8] = []
        switch generator.below(5) {
        case 0, 1:
            body = (0..<generator.below(60)).map { _ in generator.byte() }
            lines += bytes("Content-Length: \(body.count)")
        case 2, 3:
            if version != versions[1] { lines += bytes("Transfer-Encoding: chunked") }
            ChunkGrammar.append(to: &body, &generator)
        case _: body = (0..<generator.below(20)).map { _ in generator.byte() }
        }
        while !lines.isEmpty { stream += lines.swapRemove(at: generator.below(lines.count)) + [13, 10] }
        stream += [13, 10]
        let hasNoBody = method == .head || status == statuses[2] || status == statuses[3]
        if !hasNoBody || generator.oneIn(20) { stream += body }
    }
}

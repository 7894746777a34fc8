/// Streams of pipelined requests: good ones by the grammar, with doubtful lines now and then, and sometimes damaged.
enum RequestGrammar {
    private static let methods = bytes(
        "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "get", "M-SEARCH", "CONNECT", "TRACE",
        "G@T", "", "SSH-2.0-x", "220")
    private static let targets = bytes(
        "/", "/a/b?c=d", "/lb/ping", "/lb", "/lb//ping", "/socket.io/?EIO=4&transport=polling&sid=aB-9_x",
        "/socket.io/?EIO=4", "/api/v1/monitors/17/beats", "/x/../%2F//y?a?b", "http://h:1/x?y", "http://h:1", "/health",
        "HTTPS://H:1?q", "http://h/x", "http://h:80", "https://h:443/", "*", "//h/x", "/%6cb/x", "http://u@h/", "/a#b",
        "x",
        "http://b/", "http://h:/", "https://h:80/", "http://h:080/", "http://[::1]/")
    private static let versions = bytes("HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/1.1 ", "http/1.1")
    private static let hosts = bytes(
        "Host: h:1", "host:h:1", "HOST:\t h:1 ", "Host: h", "Host: H:80", "Host: h:", "host: h:443", "Host: H:1",
        "Host: [::1]:2", "Host: [::1]:80", "Host: a b", "Host:", "Host: h:1:2", "Host : h:1")
    private static let fields = bytes(
        "User-Agent: x", "Accept: text/html, */*", "Cookie: a=b; KUMA_FIXED_NODE=n2", "X-Forwarded-For: 6.6.6.6",
        "X-Forwarded-For: 1.2.3.4, 5.6.7.8", "X-Real-IP: 9", "x-forwarded-proto: https", "X-Forwarded-Host: evil",
        "X-Routed-To: z", "x-routed-via: z", "X-Routed-Node: z", "Max-Forwards: 3", "max-forwards:0", "Keep-Alive: 5",
        "Connection: close", "Connection: keep-alive, Upgrade",
        "Connection: X-Hop, x-other", "X-Hop: 1", "X-Other:2", "TE: trailers", "Expect: 100-continue", "X-Empty:",
        "Upgrade: h2c", "HTTP2-Settings: AAA", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13", "Proxy-Connection: close", "Connection: host, content-length, x-forwarded-for",
        "Connection: transfer-encoding, cookie, accept", "Connection: expect,,sec-websocket-key",
        "Upgrade: websocket, h2c", "upgrade:\tWebSocket ", "Upgrade:", "Content-Encoding: gzip",
        "Forwarded: for=6.6.6.6",
        "X-Forwarded-Port: 444", "x-forwarded-prefix:/a ", "X-FORWARDED-Ssl: on", "X-Client-IP: 6.6.6.6",
        "X-Original-URL: /lb/", "X_Forwarded_For: 6.6.6.6", "x-real_ip: 6.6.6.6", "X_Original_Host:evil",
        "Connection: x-forwarded-port, forwarded, x-client-ip", "CF-Connecting-IP: 6", "X-Originals: 1",
        "X-Requested-With: x", "Proxy-Authorization: Basic YTpi", "Connection: HTTP2-Settings, Upgrade",
        "Origin: http://h:1", "Trailer: X-T", "X-Wide: é")
    private static let doubtful = bytes(
        " folded", "\tfolded", "X : y", "nocolon", ": y", "X: a\rb", "X: a\u{0}b", "Content-Length: 3",
        "Content-Length: 3, 3", "Content-Length: +3", "Content-Length: 0x3", "Content-Length:", "content_length: 3",
        "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity", "Transfer-Encoding : chunked", "Transfer_Encoding: chunked", "Host: other",
        "Content-Length: 9223372036854775807", "Content-Length: 9223372036854775808", "Transfer-Encoding:\u{B}chunked",
        "Content-Length: 18446744073709551619", "X(): y", "Content-Length: 3\n", "Transfer-Encoding: x;a=\"chunked\"")

    static func stream(_ generator: inout CaseGenerator) -> [UInt8] {
        var stream: [UInt8] = []
        for _ in 0...generator.below(3) {
            if generator.oneIn(12) { stream += [13, 10] }
            appendRequest(to: &stream, &generator)
        }
        if generator.oneIn(2) { Damage.inflict(on: &stream, &generator) }
        return stream
    }

    /// The first of the choices mostly, the good ones often, any of them rarely.
    private static func lean(_ choices: [[UInt8]], good: Int, _ generator: inout CaseGenerator) -> [UInt8] {
        if generator.oneIn(3) { return choices[0] }
        return choices[generator.below(generator.oneIn(24) ? choices.count : good)]
    }

    private static func appendRequest(to stream: inout [UInt8], _ generator: inout CaseGenerator) {
        stream += lean(methods, good: 10, &generator)
        stream.append(0x20)
        stream += lean(targets, good: 16, &generator)
        stream.append(0x20)
        let version = lean(versions, good: 3, &generator)
        stream += version
        stream += [13, 10]

        var lines = [lean(hosts, good: 7, &generator)]
        for _ in 0..<generator.below(7) { lines.append(generator.pick(fields)) }
        if generator.oneIn(10) { lines.append(generator.pick(doubtful)) }
        if generator.oneIn(8) {
            lines += bytes("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
            lines += bytes("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
        }
        let body = appendFraming(to: &lines, isHTTP10: version == versions[1], &generator)
        while !lines.isEmpty {
            stream += lines.swapRemove(at: generator.below(lines.count))
            stream += [13, 10]
        }
        stream += [13, 10]
        stream += body
    }

    private static func appendFraming(
        to lines: inout [[UInt8]], isHTTP10: Bool, _ generator: inout CaseGenerator
    ) -> [UInt8] {
        var body: [UInt8] = []
        switch generator.below(4) {
        case 0:
            guard !isHTTP10 || generator.oneIn(20) else { return [] }
            lines += bytes(generator.oneIn(4) ? "TRANSFER-encoding:\tChunked " : "Transfer-Encoding: chunked")
            ChunkGrammar.append(to: &body, &generator)
        case 1:
            body = (0..<generator.below(40)).map { _ in generator.byte() }
            let zeros = String(repeating: "0", count: generator.oneIn(8) ? generator.below(4) : 0)
            lines += bytes("Content-Length: \(zeros)\(body.count)")
            if generator.oneIn(10) { lines += bytes("content-length: \(body.count), \(zeros)\(body.count)") }
        case _: break
        }
        return body
    }
}

extension Array {
    /// Takes an element out; the last one moves to its place.
    mutating func swapRemove(at index: Int) -> Element {
        swapAt(index, count - 1)
        return removeLast()
    }
}

import RepeatableRandom
import Testing

@testable import HTTPFraming

/// Strictness.md, one test a line: the request line and who is meant.
@Suite("A request line or a host in doubt is refused")
struct TargetStrictnessTests {
    @Test("HTTP/1.1 without a Host", arguments: ["GET / HTTP/1.1", "GET http://a/ HTTP/1.1", "OPTIONS * HTTP/1.1"])
    func missingHost(_ line: String) {
        Refusal(head(line), .missingHost).check()
        Refusal(head(line, "X-Host: a", "Hosts: a"), .missingHost).check()
    }

    @Test("two Hosts, equal ones included, in any version")
    func repeatedHost() {
        Refusal(head("GET / HTTP/1.1", "Host: a", "Host: b"), .repeatedHost).check()
        Refusal(head("GET / HTTP/1.1", "Host: a", "host: a"), .repeatedHost).check()
        Refusal(head("GET / HTTP/1.1", "Host: a", "X: y", "HOST:"), .repeatedHost).check()
        Refusal(head("GET / HTTP/1.0", "Host: a", "Host: a"), .repeatedHost).check()
    }

    @Test(
        "a Host that is no host, or could be read as two",
        arguments: [
            "", "a b", "a\tb", "a/b", "/a", "a@b", "user:password@a", "a,b", "a, b", "é", "a?b", "a#b", "a\\b", "\"a\"",
            "a:b", "a:80:80", "a:-1", "a:+80", "a:8 0", "a:123456", ":80", ":", "a|b", "<a>", "{a}", "a^b", "a`b",
            "[::1", "::1", "[]", "[a]", "[1.2.3.4]", "[::g]", "[::1]x", "[::1]80", "x[::1]", "a]", "%", "a%2", "a%zz",
            "[fe80::1%25eth0]", "http://a", "a;b c",
        ])
    func badHost(_ value: String) { Refusal(head("GET / HTTP/1.1", "Host: \(value)"), .badHost).check() }

    @Test(
        "an absolute form whose authority is not the Host, port included",
        arguments: [
            ("http://b/", "a"), ("http://a:80/", "a:8080"), ("http://a:8080/", "a"), ("http://a/", "a:8080"),
            ("http://a:443/", "a"), ("http://a/", "a:443"), ("https://a:80/", "a"), ("https://a/", "a:80"),
            ("http://a:080/", "a"), ("http://a:80/", "a:080"), ("http://a:800/", "a"), ("http://a:8/", "a:80"),
            ("http://a:/", "b"), ("http://a:80/", "b"), ("http://a:80/", "b:80"), ("http://80/", "8080"),
            ("http://a80/", "a"), ("http://a./", "a"), ("http://aa/", "a"), ("http://a/", "aa"),
            ("http://[::1]/", "[::2]"), ("http://[::80]/", "[::]"), ("http://[::1]:80/", "[::1]:443"),
            ("http://a?b", "b"), ("HTTP://A/", "b"), ("http://%61/", "a"),
        ])
    func hostMismatch(_ target: String, _ host: String) {
        Refusal(head("GET \(target) HTTP/1.1", "Host: \(host)"), .hostMismatch).check()
    }

    @Test(
        "an authority and a Host that differ in an empty or the scheme's own port are the same, and Host passes as it came",
        arguments: [
            ("http://a:80/x", "a"), ("http://a:/x", "a"), ("http://a/x", "a:80"), ("http://a/x", "a:"),
            ("http://a:/x", "a:80"), ("http://a:80/x", "a:"), ("http://a:80/x", "a:80"), ("http://a:/x", "a:"),
            ("HTTP://A:80/x", "a"), ("http://a/x", "A:80"), ("https://a:443/x", "a"), ("https://a/x", "a:443"),
            ("https://a:/x", "a:443"), ("HTTPS://A:443/x", "a:"), ("http://a:8080/x", "a:8080"),
            ("http://[::1]:80/x", "[::1]"), ("http://[::1]/x", "[::1]:"),
            ("https://[2001:DB8::443]/x", "[2001:db8::443]:443"),
            ("http://80:80/x", "80"), ("http://192.0.2.7/x", "192.0.2.7:80"), ("https://a:80/x", "a:80"),
            ("http://a:443/x", "a:443"),
        ])
    func hostMatch(_ target: String, _ host: String) {
        let bytes = Array(head("GET \(target) HTTP/1.1", "Host: \(host)").utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            let summary = RequestReading.of(bytes, arrivingAt: lengths).summary
            #expect(summary?.host == host && summary?.path == "/x", "\(lengths)")
        }
        let sent = text(rewritten(request: bytes))
        #expect(sent?.hasPrefix("GET /x HTTP/1.1\r\nHost: \(host)\r\n") == true)
    }

    @Test(
        "a target that does not start with a slash, or has what no target may have",
        arguments: [
            "lb/ping", "a:80", "*", "?x", "#", "/a#b", "\\lb", "/é", "/a\u{9}b", "ftp://a/", "http:/a", "http:a",
            "http://",
            "http:///x", "http://u@a/", "http://u:p@a/", "http://a@b/", "http://a\\b/", "http://a:b/", "http://a,b/",
            "http://a:80:80/", "http://[::1/", "http://?a", "https://", "ws://a/",
        ])
    func badTarget(_ target: String) { Refusal(head("GET \(target) HTTP/1.1", "Host: a"), .badTarget).check() }

    @Test(
        "a request line with other than two single spaces",
        arguments: [
            " GET / HTTP/1.1", "GET  / HTTP/1.1", "GET /", "GET / ", "GET", "GET ", " ", "GET /HTTP/1.1",
            "GET\t/ HTTP/1.1",
        ])
    func badRequestLine(_ line: String) {
        let expected: HeadRejection = line == "GET / " ? .badVersion : .badRequestLine
        Refusal(head(line, "Host: a"), expected).check()
    }

    @Test(
        "a version that is none",
        arguments: [
            "GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET / b HTTP/1.1", "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.",
            "GET / HTTP/1.x", "GET / HTTP/1.10", "GET / HTTP/01.1", "GET / HTTP/1,1", "GET / HTTPS/1.1",
            "GET / HTTP 1.1", "GET / HTTP/+1.1", "GET / HTTP/ 1.1", "GET / X",
        ])
    func badVersion(_ line: String) { Refusal(head(line, "Host: a"), .badVersion).check() }

    @Test("505: the HTTP/2 preface, and every major version but 1")
    func otherVersions() {
        Refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .versionNotSupported).check(status: 505)
        for version in ["0.9", "2.0", "2.1", "3.0", "9.9"] {
            Refusal(head("GET / HTTP/\(version)", "Host: a"), .versionNotSupported).check(status: 505)
        }
    }

    @Test("405: CONNECT and TRACE, in their own form of target or another")
    func methodsNotAllowed() {
        for line in ["CONNECT a:443 HTTP/1.1", "CONNECT / HTTP/1.1", "TRACE / HTTP/1.1", "TRACE * HTTP/1.0"] {
            Refusal(head(line, "Host: a"), .methodNotAllowed).check(status: 405)
        }
    }

    @Test("a method that is no token", arguments: ["G@T", "GET,", "G\"T", "GETé", "(GET)", "GET/", "[GET]", "G:T"])
    func badMethod(_ method: String) { Refusal(head("\(method) / HTTP/1.1", "Host: a"), .badMethod).check() }

    @Test(
        "a line that cannot be a request line any more is refused before its end",
        arguments: [
            ("G@T", HeadRejection.badMethod), ("POSTé", .badMethod), ("{\"id\":1", .badMethod), (" G", .badRequestLine),
            ("GET  ", .badRequestLine),
            ("GET /a\u{1}", .controlByte), ("GET /a\tb", .badTarget), ("POST /é", .badTarget), ("GET / X", .badVersion),
            ("PUT / HTTP/x", .badVersion), ("FOO / HTTP/1.1 ", .badVersion), ("GET /a\rb", .bareCarriageReturn),
            ("DELETE\r\n", .badRequestLine), ("HEAD /\r\n", .badRequestLine), ("GET / HTTP/1.\r\n", .badVersion),
            ("\r\nGET \r\n", .badRequestLine), ("OPTIONS\u{1}", .controlByte), ("GET /\n", .bareLineFeed),
        ])
    func early(_ line: String, _ expected: HeadRejection) {
        let bytes = Array(line.utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            #expect(RequestReading.of(bytes, arrivingAt: lengths) == .rejected(expected), "\(line)")
        }
        // What may yet become a request waits.
        let starts = [
            "GET", "SSH-2.0-x", "220 mail.example.com ", "GET / HTTP/", "M-SEARCH * HTTP/1.1\r", "\r\nFOO / H",
        ]
        for start in starts { #expect(RequestReading.of(whole: start) == .needMore, "\(start)") }
    }

    @Test(
        "hosts that are allowed pass as they are",
        arguments: [
            "a", "kuma.example:8084", "uptime-kuma_node1:3001", "192.0.2.7", "[::1]", "[2001:DB8::7]:3001", "a:",
            "KUMA.",
            "%41", "a!$&'()*+;=b~", "[::ffff:192.0.2.1]:1",
        ])
    func goodHosts(_ host: String) {
        let bytes = Array(head("GET / HTTP/1.1", "Host: \(host)").utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            #expect(RequestReading.of(bytes, arrivingAt: lengths).summary?.host == host)
        }
        #expect(text(rewritten(request: bytes))?.contains("\r\nHost: \(host)\r\n") == true)
        let absolute = head("GET http://\(host)/x HTTP/1.1", "Host: \(host)")
        #expect(RequestReading.of(whole: absolute).summary?.path == "/x")
    }

    @Test(
        "what is not HTTP at all is told from a bad request",
        arguments: [
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01], [0x80, 0x2E, 0x01], [0x00], [0xFF, 0xFE], [0x7F, 0x45, 0x4C, 0x46],
            [0x0D, 0x0A, 0x16, 0x03],
            Array("AMQP\u{0}\u{0}".utf8), Array("SSH-2.0-OpenSSH_9.2p1\r\n".utf8), Array("SSH-2.0-x comment\r\n".utf8),
            Array("SSH-1.99-x\n".utf8), Array("220 mail.example.com E".utf8), Array("EHLO mail.example.com\r\n".utf8),
            Array("220-mail\n".utf8), Array("QUIT\r\n".utf8), Array("* OK IMAP4 ready".utf8), Array("FOO / HTTQ".utf8),
            Array("*1\r\n".utf8), Array("HELLO\u{1}".utf8), Array("a b\u{80}".utf8),
            Array("JRMIé".utf8), Array("Gé / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), Array("USER me\rx".utf8),
        ] as [[UInt8]])
    func notHTTP(_ bytes: [UInt8]) {
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            #expect(RequestReading.of(bytes, arrivingAt: lengths) == .notHTTP)
        }
    }
}

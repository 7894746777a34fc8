import RepeatableRandom
import Testing

@testable import HTTPFraming

/// Strictness.md, one test a line: chunk framing, from a client (`400`) and from a node (`502`) alike.
@Suite("A chunked body in doubt is refused")
struct ChunkStrictnessTests {
    static func check(_ text: String, _ expected: BodyViolation) {
        let bytes = Array(text.utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            let reading = BodyReading.of(bytes, as: .chunked, arrivingAt: lengths)
            guard reading != .invalid(expected) else { continue }
            Issue.record("\(text.prefix(90).debugDescription) read as \(reading), arriving at \(lengths.prefix(20))")
            return
        }
        #expect(BodyReading.moving(bytes, as: .chunked) == .invalid(expected), "\(text.prefix(90).debugDescription)")
    }

    @Test(
        "a size that is no plain hexadecimal number",
        arguments: [
            "\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x5\r\n", " 5\r\n", "\t5\r\n", "5 \r\n", "5\t;a\r\n", ";a\r\n",
            "5 5\r\n",
            "5_0\r\n", "5.0\r\n", "0X5\r\nHello", "\u{0}5\r\n", "5\u{0}\r\n", "5h\r\n", "\"5\"\r\n", "５\r\n",
        ])
    func badSize(_ text: String) { Self.check(text, .badChunkSize) }

    @Test(
        "a size beyond 63 bits, or padded beyond sixteen digits",
        arguments: [
            "8000000000000000\r\n", "ffffffffffffffff\r\n", "10000000000000000\r\n", "10000000000000005\r\n",
            "00000000000000000\r\n", String(repeating: "0", count: 40) + "5\r\n",
        ])
    func sizeOverflow(_ text: String) { Self.check(text, .chunkSizeOverflow) }

    @Test(
        "a size line that does not end in CRLF",
        arguments: [
            "5\nHello", "5\n\nHello", "5\rHello", "5\r\rHello", "5;a\nHello", "5;a\rHello", "0\n\r\n", "0\r0",
            "5;\nHello", "5;a=\nHello", "5;a=b\nHello", "5;a=\"\nHello", "5;a=\"\\\nHello", "5;a=\"b\"\nHello",
            "5;a=\"b\"\rHello", "5;a=b\r;c\r\nHello",
            "2;\nxx\r\n0\r\n\r\n",
        ])
    func badSizeLine(_ text: String) { Self.check(text, .badChunkLineEnd) }

    @Test(
        "a missing CRLF behind the data, or other bytes in its place",
        arguments: [
            "5\r\nHelloX\r\n", "5\r\nHello\n", "5\r\nHello\rX", "5\r\nHello0\r\n\r\n", "5\r\nHello\n\r\n",
            "5\r\nHelloXX",
            "1\r\nab\r\n", "5\r\nHello\r\r\n", "1\r\na 0\r\n\r\n",
        ])
    func missingLineEnd(_ text: String) { Self.check(text, .missingChunkLineEnd) }

    @Test("the body's last line is CRLF", arguments: ["0\r\n\rX", "0\r\n\r\r", "0\r\nA: b\r\n\r0"])
    func lastLine(_ text: String) { Self.check(text, .badChunkLineEnd) }

    @Test(
        "an extension that is no name, with or without a token or a quoted string behind it",
        arguments: [
            ";", ";;a", ";a;", ";=b", ";a=", ";a=;b", ";a==b", ";a=b=c", ";a=b c", ";a b", "; a", ";a ", ";\ta",
            ";a =b",
            ";a= b", ";a=b ", ";a ;b", ";a; b", ";a,b", ";a=b,c", ";a/b", ";a:b", ";a=b:c", ";\"a\"", ";a\"b\"",
            ";a=b\"c\"",
            ";a=\"b\"c", ";a=\"b\" ", ";a=\"b\"=c", ";a=\"b\"\"c\"", ";a=\"", ";a=\"b", ";a=\"b\\\"", ";a=\"\\",
            ";a='b c'",
            ";é", ";a=é", ";a=[b]", ";a={b}", ";a=(b)", ";a=<b>", ";a=b?", ";a@b", ";a\\b", ";a=\\b",
            ";a\u{0}b", ";\u{7F}", ";a=\u{0}", ";a=\"\u{1B}\"", ";\u{B}", ";a=\"\u{7F}\"", ";a=\"\\\u{0}\"",
            ";a=\"b\u{0}",
            ";a=b\u{B}", ";a=\"b\"\u{0}",
        ])
    func badExtension(_ text: String) {
        Self.check("5\(text)\r\nHello", .badChunkExtension)
        Self.check("5;good=1\(text)\r\nHello", .badChunkExtension)
        Self.check("1\r\na\r\n0\(text)\r\n\r\n", .badChunkExtension)
    }

    @Test(
        "an extension by the grammar passes",
        arguments: [
            ";a", ";a=b", ";a=\"\"", ";a=\"b c\"", ";a;b", ";a=b;c=\"d\";e", ";a=\";=,\t\"", ";a=\"\\\"\"",
            ";a=\"\\\\\"",
            ";a=\"\\a\\\t\\ \"", ";a=\"é\\é\"", ";!#$%&'*+-.^_`|~09azAZ=!#$%&'*+-.^_`|~09azAZ", ";0", ";0=0;0=0",
            ";a=\"5\";b", ";chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        ])
    func goodExtension(_ text: String) {
        for body in ["5\(text)\r\nHello\r\n0\r\n\r\n", "0\(text)\r\n\r\n", "5\r\nHello\r\n000\(text)\(text)\r\n\r\n"] {
            let bytes = Array((body + "next").utf8)
            let expected = BodyReading.complete(bytes: body.utf8.count)
            for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
                #expect(BodyReading.of(bytes, as: .chunked, arrivingAt: lengths) == expected, "\(body) at \(lengths)")
            }
            #expect(BodyReading.moving(bytes, as: .chunked) == expected, "\(body)")
        }
    }

    @Test("extensions of more than 4 KiB in all, in one chunk or many")
    func longExtensions() {
        Self.check("5;" + String(repeating: "a", count: 4_096), .chunkExtensionsTooLong)
        Self.check("5;a=\"" + String(repeating: " ", count: 4_093), .chunkExtensionsTooLong)
        let longest = Array("0;a=\"\(String(repeating: ";", count: 4_091))\"\r\n\r\n".utf8)
        for lengths in waysToArrive(longest.count, seed: SeededRandom.runSeed) {
            #expect(BodyReading.of(longest, as: .chunked, arrivingAt: lengths) == .complete(bytes: longest.count))
        }
        Self.check(String(repeating: "1;abcdefg\r\nx\r\n", count: 513), .chunkExtensionsTooLong)
        let bytes = Array((String(repeating: "1;abcdefg\r\nx\r\n", count: 512) + "0\r\n\r\n").utf8)
        #expect(BodyReading.of(bytes, as: .chunked, arrivingAt: [bytes.count]) == .complete(bytes: bytes.count))
    }

    @Test(
        "a trailer that is no field line",
        arguments: [
            "0\r\n\n", "0\r\n folded\r\n", "0\r\nA: b\r\n c\r\n", "0\r\nA : b\r\n", "0\r\nA\r\n", "0\r\n: b\r\n",
            "0\r\nA: b\nC", "0\r\nA: b\rC", "0\r\nA: \u{1}\r\n", "0\r\nA\u{0}: b\r\n", "0\r\nGET / HTTP/1.1\r\n",
        ])
    func badTrailer(_ text: String) { Self.check(text, .badTrailer) }

    @Test("more trailers than anybody sends")
    func longTrailers() {
        Self.check("0\r\n" + String(repeating: "A: b\r\n", count: 33), .trailersTooLong)
        Self.check("0\r\nA: " + String(repeating: "b", count: 8_192), .trailersTooLong)
    }

    @Test(
        "a trailer that says something of framing, routing or who the client is",
        arguments: [
            "Content-Length", "content-length", "TRANSFER-ENCODING", "Transfer_Encoding", "content_length", "Host",
            "Connection", "TE", "Trailer", "Upgrade", "Keep-Alive", "Proxy-Connection", "HTTP2-Settings", "Expect",
            "Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization", "Content-Type", "Content-Encoding",
            "Content-Range", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Real-IP", "X-Routed-To",
            "X-Routed-Via", "X-Routed-Node", "Forwarded", "FORWARDED-FOR", "X-Client-IP", "X-Cluster-Client-IP",
            "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "X-Originating-IP", "X-Forwarded",
            "X-Forwarded-Port", "x-forwarded-", "X-Original-URL", "x-ORIGINAL-host", "X_Forwarded_For", "X-Real_IP",
            "x_original_url", "X-FORWARDED_Proto", "set_cookie",
        ])
    func forbiddenTrailer(_ name: String) {
        Self.check("0\r\n\(name): 5\r\n\r\n", .forbiddenTrailer)
        Self.check("1\r\na\r\n0\r\nETag: x\r\n\(name):\r\n\r\n", .forbiddenTrailer)
        // One letter more or less is another name, unless all names that begin so are meant.
        let dashed = String(name.lowercased().map { $0 == "_" ? "-" : $0 })
        let isOneOfMany = ["x-forwarded-", "x-original-", "x-routed-"].contains { dashed.hasPrefix($0) }
        let others = isOneOfMany ? ["a" + name] : [name + "s", "a" + name, String(name.dropLast())]
        for other in others where other.lowercased() != "t" {
            let bytes = Array("0\r\n\(other): 5\r\n\r\n".utf8)
            #expect(BodyReading.of(bytes, as: .chunked, arrivingAt: 0...bytes.count) == .complete(bytes: bytes.count))
        }
    }
}

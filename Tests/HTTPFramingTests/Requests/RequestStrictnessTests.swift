import Testing

@testable import HTTPFraming

/// Every refusal of DESIGN.md §3.5, and what comes close to it and is allowed.
@Suite("A malformed request head is refused")
struct RequestStrictnessTests {
    struct Case: CustomTestStringConvertible {
        let text: [UInt8]
        let expected: HeadRejection
        let testDescription: String

        init(_ text: String, _ expected: HeadRejection) {
            self.text = Array(text.utf8)
            self.expected = expected
            testDescription = "\(expected): \(text.prefix(70).debugDescription)"
        }

        init(bytes: [UInt8], _ expected: HeadRejection) {
            text = bytes
            self.expected = expected
            testDescription = "\(expected): \(bytes.prefix(40))"
        }
    }

    /// A head with a Host and this line.
    static func with(_ lines: String..., version: String = "1.1") -> String {
        "POST / HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    static let framing: [Case] = [
        Case(with("Content-Length: 5", "Transfer-Encoding: chunked"), .lengthAndTransferEncoding),
        Case(with("Transfer-Encoding: chunked", "Content-Length: 5"), .lengthAndTransferEncoding),
        Case(with("Transfer-Encoding: gzip", "Content-Length: 5"), .lengthAndTransferEncoding),
        Case(with("Content-Length: 5", "Content-Length: 6"), .unequalContentLengths),
        Case(with("Content-Length: 5, 6"), .unequalContentLengths),
        Case(with("Content-Length: +5"), .badContentLength),
        Case(with("Content-Length: -5"), .badContentLength),
        Case(with("Content-Length: 0x5"), .badContentLength),
        Case(with("Content-Length: 5 5"), .badContentLength),
        Case(with("Content-Length: 5,"), .badContentLength),
        Case(with("Content-Length:"), .badContentLength),
        Case(with("Content-Length: 5.0"), .badContentLength),
        Case(with("Content-Length: 18446744073709551616"), .badContentLength),
        Case(with("Content-Length: 99999999999999999999999999"), .badContentLength),
        Case(with("Transfer-Encoding: chunked, chunked"), .chunkedNotLast),
        Case(with("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), .chunkedNotLast),
        Case(with("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), .chunkedNotLast),
        Case(with("Transfer-Encoding: chunked, gzip"), .chunkedNotLast),
        Case(with("Transfer-Encoding: chunked,"), .chunkedNotLast),
        Case(with("Transfer-Encoding: ,chunked"), .badTransferEncoding),
        Case(with("Transfer-Encoding:"), .badTransferEncoding),
        Case(with("Transfer-Encoding: chunked;q=1"), .badTransferEncoding),
        Case(with("Transfer-Encoding: \"chunked\""), .badTransferEncoding),
        Case(with("Transfer-Encoding: chun ked"), .badTransferEncoding),
        Case(with("Transfer-Encoding: gzip, chunked"), .unknownTransferCoding),
        Case(with("Transfer-Encoding: gzip"), .unknownTransferCoding),
        Case(with("Transfer-Encoding: identity"), .unknownTransferCoding),
        Case(with("Transfer-Encoding: xchunked"), .unknownTransferCoding),
        Case(with("Transfer-Encoding: chunked", version: "1.0"), .transferEncodingInHTTP10),
        Case(with("Transfer-Encoding: \u{B}chunked"), .controlByte),
        Case(with("Transfer_Encoding: chunked"), .disguisedFramingField),
        Case(with("content_length: 5"), .disguisedFramingField),
    ]

    static let fields: [Case] = [
        Case(with("X-A : b"), .spaceBeforeColon),
        Case(with("X-A\t: b"), .spaceBeforeColon),
        Case(with("Transfer-Encoding : chunked"), .spaceBeforeColon),
        Case(with("X A: b"), .badFieldName),
        Case(with("X-A: b", " folded"), .foldedField),
        Case(with("X-A: b", "\tfolded"), .foldedField),
        Case("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
        Case(with("no colon"), .badFieldName),
        Case(with("nocolon"), .missingColon),
        Case(with(": no name"), .badFieldName),
        Case(with("X(A): b"), .badFieldName),
        Case(with("X\"A: b"), .badFieldName),
        Case(with("Xé: b"), .badFieldName),
        Case(with("X\u{0}A: b"), .controlByte),
        Case(with("X-A: a\u{0}b"), .controlByte),
        Case(with("X-A: a\u{1}b"), .controlByte),
        Case(with("X-A: a\u{7F}b"), .controlByte),
        Case(with("X-A: a\u{1B}[31m, in a long value"), .controlByte),
        Case(with("X-A: a\rb"), .bareCarriageReturn),
        Case(with("X-A: a\r"), .bareCarriageReturn),
        Case(with("X\rA: b"), .bareCarriageReturn),
        Case("GET / HTTP/1.1\nHost: a\n\n", .bareLineFeed),
        Case("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        Case("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        Case("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
        Case("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        Case(String(repeating: "\r\n", count: 5) + head("GET / HTTP/1.1", "Host: a"), .tooManyEmptyLines),
    ]

    static let hosts: [Case] = [
        Case(head("GET / HTTP/1.1"), .missingHost),
        Case(head("GET / HTTP/1.1", "Host: a", "Host: b"), .repeatedHost),
        Case(head("GET / HTTP/1.1", "Host: a", "host: a"), .repeatedHost),
        Case(head("GET / HTTP/1.0", "Host: a", "Host: a"), .repeatedHost),
        Case(head("GET / HTTP/1.1", "Host:"), .badHost),
        Case(head("GET / HTTP/1.1", "Host: a b"), .badHost),
        Case(head("GET / HTTP/1.1", "Host: a/b"), .badHost),
        Case(head("GET / HTTP/1.1", "Host: a@b"), .badHost),
        Case(head("GET / HTTP/1.1", "Host: a,b"), .badHost),
        Case(head("GET / HTTP/1.1", "Host: é"), .badHost),
        Case(head("GET http://b/ HTTP/1.1", "Host: a"), .hostMismatch),
        Case(head("GET http://a:80/ HTTP/1.1", "Host: a"), .hostMismatch),
        Case(head("GET http://a/ HTTP/1.1"), .missingHost),
        Case(head("GET http:///x HTTP/1.1", "Host: a"), .badTarget),
        Case(head("GET http://u@a/ HTTP/1.1", "Host: a"), .badTarget),
        Case(head("GET ftp://a/ HTTP/1.1", "Host: a"), .badTarget),
    ]

    static let requestLines: [Case] = [
        Case(head("GET lb/ping HTTP/1.1", "Host: a"), .badTarget),
        Case(head("GET * HTTP/1.1", "Host: a"), .badTarget),
        Case(head("GET /a#b HTTP/1.1", "Host: a"), .badTarget),
        Case(head("GET /é HTTP/1.1", "Host: a"), .badTarget),
        Case(head("GET /a\tb HTTP/1.1", "Host: a"), .badTarget),
        Case(head("GET /\u{0} HTTP/1.1", "Host: a"), .controlByte),
        Case(head("GET /\r HTTP/1.1", "Host: a"), .bareCarriageReturn),
        Case(head("G@T / HTTP/1.1", "Host: a"), .badMethod),
        Case(head(" GET / HTTP/1.1", "Host: a"), .badRequestLine),
        Case(head("GET  / HTTP/1.1", "Host: a"), .badRequestLine),
        Case(head("GET /", "Host: a"), .badRequestLine),
        Case(head("GET", "Host: a"), .badRequestLine),
        Case(head("GET /  HTTP/1.1", "Host: a"), .badVersion),
        Case(head("GET / HTTP/1.1 ", "Host: a"), .badVersion),
        Case(head("GET / b HTTP/1.1", "Host: a"), .badVersion),
        Case(head("GET / http/1.1", "Host: a"), .badVersion),
        Case(head("GET / HTTP/1", "Host: a"), .badVersion),
        Case(head("GET / HTTP/1.x", "Host: a"), .badVersion),
        Case(head("GET / HTTP/1.10", "Host: a"), .badVersion),
        Case(head("GET / HTTP/2.0", "Host: a"), .versionNotSupported),
        Case(head("GET / HTTP/0.9", "Host: a"), .versionNotSupported),
        Case("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .versionNotSupported),
        Case(head("CONNECT a:443 HTTP/1.1", "Host: a:443"), .methodNotAllowed),
        Case(head("TRACE / HTTP/1.1", "Host: a"), .methodNotAllowed),
    ]

    static let sizes: [Case] = [
        Case(head("GET /" + String(repeating: "a", count: 7987) + " HTTP/1.1", "Host: a"), .requestLineTooLong),
        Case("GET /" + String(repeating: "a", count: 7997), .requestLineTooLong),
        Case("GET /" + String(repeating: "a", count: 40_000), .requestLineTooLong),
        Case(with("X: " + String(repeating: "a", count: 16_384)), .headTooLarge),
        Case(with(String(repeating: "X: a\r\n", count: 99) + "X: a"), .tooManyFields),
        Case(with("Connection: " + String(repeating: "ab,", count: 342)), .headTooLarge),
    ]

    @Test(
        "…however its bytes arrive",
        arguments: [framing, fields, hosts, requestLines, sizes].flatMap { $0 })
    func refused(_ refusal: Case) {
        for lengths in waysToArrive(refusal.text.count, seed: SeededGenerator.runSeed) {
            #expect(RequestReading.of(refusal.text, arrivingAt: lengths) == .rejected(refusal.expected))
        }
    }

    @Test("each reason is a status that DESIGN.md names")
    func statuses() {
        let allowed: Set<UInt16> = [400, 405, 408, 414, 431, 501, 505]
        for rejection in HeadRejection.allCases { #expect(allowed.contains(rejection.status)) }
        #expect(HeadRejection.lengthAndTransferEncoding.status == 400)
        #expect(HeadRejection.requestLineTooLong.status == 414)
        #expect(HeadRejection.tooManyFields.status == 431)
        #expect(HeadRejection.unknownTransferCoding.status == 501)
        #expect(HeadRejection.versionNotSupported.status == 505)
        #expect(HeadRejection.methodNotAllowed.status == 405)
    }

    @Test(
        "what is not HTTP at all is told from a bad request",
        arguments: [
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01], [0x80, 0x2E, 0x01], [0x00], [0xFF, 0xFE], [0x7F, 0x45, 0x4C, 0x46],
            [0x0D, 0x0A, 0x16, 0x03],
        ] as [[UInt8]])
    func notHTTP(_ bytes: [UInt8]) {
        for lengths in waysToArrive(bytes.count, seed: SeededGenerator.runSeed) {
            #expect(RequestReading.of(bytes, arrivingAt: lengths) == .notHTTP)
        }
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
        let tooLarge = Array((start + String(repeating: "a", count: padding + 1) + "\r\n\r\n").utf8)
        for lengths in waysToArrive(tooLarge.count, seed: SeededGenerator.runSeed) {
            #expect(RequestReading.of(tooLarge, arrivingAt: lengths) == .rejected(.headTooLarge))
        }
        let shifted = String(repeating: "\r\n", count: 4) + largest
        #expect(RequestReading.of(whole: shifted).summary?.headBytes == FramingLimits.requestHeadBytes + 8)

        let fields = Array(repeating: "X: a\r\n", count: FramingLimits.requestFields - 1).joined()
        #expect(RequestReading.of(whole: "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n").summary?.fields.count == 100)
    }
}

import RepeatableRandom
import Testing

@testable import HTTPFraming

/// Strictness.md, one test a line: what a request's framing fields must not say.
@Suite("A request whose framing is in doubt is refused")
struct RequestFramingStrictnessTests {
    @Test(
        "Content-Length with Transfer-Encoding, in either order and whatever the coding",
        arguments: [
            post("Content-Length: 5", "Transfer-Encoding: chunked"),
            post("Transfer-Encoding: chunked", "Content-Length: 5"),
            post("Transfer-Encoding: chunked", "X: y", "content-LENGTH: 0"),
            post("Transfer-Encoding: gzip", "Content-Length: 5"),
            post("Transfer-Encoding: identity", "Content-Length: 5"),
            post("Content-Length: 5", "Connection: content-length", "Transfer-Encoding: chunked"),
            post("Content-Length: 5", "Transfer-Encoding: chunked", version: "1.0"),
        ])
    func lengthAndCoding(_ text: String) { Refusal(text, .lengthAndTransferEncoding).check() }

    @Test(
        "lengths that differ, in one line or several",
        arguments: [
            post("Content-Length: 5", "Content-Length: 6"), post("Content-Length: 5", "CONTENT-length: 0"),
            post("Content-Length: 5, 6"), post("Content-Length: 5,5,5,50"),
            post("Content-Length: 5", "X: y", "Content-Length: 5, 4"),
        ])
    func differingLengths(_ text: String) { Refusal(text, .unequalContentLengths).check() }

    @Test(
        "a length that is signed, empty, no decimal number, or too large for 63 bits",
        arguments: [
            "+5", "-5", "-0", "", " ", ",", "5,", ",5", "5,,5", "0x5", "5 5", "5.0", "5e1", "5;", "\"5\"", "٥", "5_0",
            "9223372036854775808", "18446744073709551615", "18446744073709551616", "18446744073709551621",
            "99999999999999999999999999", String(repeating: "9", count: 4_000),
        ])
    func badLength(_ value: String) { Refusal(post("Content-Length: \(value)"), .badContentLength).check() }

    @Test(
        "chunked that is not the last coding, or there twice",
        arguments: [
            ["chunked, chunked"], ["chunked", "chunked"], ["chunked", "identity"], ["chunked, identity"],
            ["chunked, gzip"], ["chunked,"], ["chunked", ""], ["CHUNKED", "Chunked"], ["chunked, x;y=z"],
        ])
    func chunkedNotLast(_ values: [String]) {
        let text = "POST / HTTP/1.1\r\nHost: a\r\n" + values.map { "Transfer-Encoding: \($0)\r\n" }.joined() + "\r\n"
        Refusal(text, .chunkedNotLast).check()
    }

    @Test(
        "a coding that is no coding's name",
        arguments: [
            "", " ", ",chunked", ",", "chunked;q=1", "\"chunked\"", "chun ked", "chunked chunked", "chunked\u{A0}",
            "\u{A0}chunked", "[chunked]", "chunked:", "=chunked",
        ])
    func badCoding(_ value: String) { Refusal(post("Transfer-Encoding: \(value)"), .badTransferEncoding).check() }

    @Test("any Transfer-Encoding in HTTP/1.0", arguments: ["chunked", "gzip", "identity"])
    func codingInHTTP10(_ value: String) {
        Refusal(post("Transfer-Encoding: \(value)", version: "1.0"), .transferEncodingInHTTP10).check()
    }

    @Test(
        "501: a coding we do not know, also before chunked",
        arguments: [
            "gzip", "identity", "xchunked", "chunkedx", "chunke", "x", "gzip, chunked", "identity, chunked",
            "gzip;level=9",
        ])
    func unknownCoding(_ value: String) {
        Refusal(post("Transfer-Encoding: \(value)"), .unknownTransferCoding).check(status: 501)
    }

    @Test(
        "a framing field disguised by an underscore",
        arguments: ["Transfer_Encoding: chunked", "content_length: 5", "CONTENT_LENGTH: 5", "transfer_ENCODING:"])
    func disguised(_ line: String) { Refusal(post(line), .disguisedFramingField).check() }

    @Test(
        "a coding or a length hidden behind white space, a control byte or a fold",
        arguments: [
            (post("Transfer-Encoding : chunked"), HeadRejection.spaceBeforeColon),
            (post("Transfer-Encoding\t: chunked"), .spaceBeforeColon),
            (post(" Transfer-Encoding: chunked"), .foldedField),
            (post("X: y", "\tTransfer-Encoding: chunked"), .foldedField),
            (post("Transfer-Encoding:\u{B}chunked"), .controlByte),
            (post("Transfer-Encoding: \u{C}chunked"), .controlByte),
            (post("Transfer-Encoding: chunked\u{0}"), .controlByte),
            (post("Transfer\u{0}-Encoding: chunked"), .controlByte),
            (post("Transfer-Encoding: chunked\r"), .bareCarriageReturn),
            (post("X: y\rTransfer-Encoding: chunked"), .bareCarriageReturn),
            (post("X: y\nTransfer-Encoding: chunked"), .bareLineFeed), (post("Content-Length:5\n"), .bareLineFeed),
            (post("Content-Length : 5"), .spaceBeforeColon), (post("Content-Length: 5\u{7F}"), .controlByte),
            (post("Transfer-Encoding"), .missingColon), (post("Transfer-Encoding chunked"), .badFieldName),
        ])
    func hidden(_ text: String, _ expected: HeadRejection) { Refusal(text, expected).check() }

    @Test("what comes close and is allowed is read in one way only, and leaves as one field")
    func allowed() throws {
        let accepted: [(String, BodyFraming, String)] = [
            (post("Content-Length: 5", "content-length: 005"), .length(5), "Content-Length: 5"),
            (post("Content-Length:\t5 , 5"), .length(5), "Content-Length: 5"),
            (post("Content-Length: 00000000000000000000000000"), .length(0), "Content-Length: 0"),
            (
                post("Content-Length: 9223372036854775807"), .length(9_223_372_036_854_775_807),
                "Content-Length: 9223372036854775807"
            ),
            (post("TRANSFER-encoding:\tChunked "), .chunked, "Transfer-Encoding: chunked"),
        ]
        for (text, framing, line) in accepted {
            let bytes = Array(text.utf8)
            for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
                #expect(RequestReading.of(bytes, arrivingAt: lengths).summary?.body == framing, "\(text)")
            }
            let output = try #require(rewritten(request: bytes))
            let forwarded = try #require(RequestReading.of(whole: output).summary)
            let fields = forwarded.fields.filter { field in
                ["content-length:", "transfer-encoding:"].contains { field.lowercased().hasPrefix($0) }
            }
            #expect(fields == [line])
        }
    }

    @Test("each reason is a status that Strictness.md names")
    func statuses() {
        let allowed: Set<UInt16> = [400, 405, 408, 414, 431, 501, 505]
        for rejection in HeadRejection.allCases { #expect(allowed.contains(rejection.status)) }
    }
}

import Testing

@testable import HTTPFraming

/// Strictness.md, one test a line: what a field line must not look like.
@Suite("A malformed field line is refused")
struct FieldStrictnessTests {
    @Test("white space before the colon", arguments: ["X-A : b", "X-A\t: b", "X-A  \t : b", "Host : a", "A :"])
    func spaceBeforeColon(_ line: String) { Refusal(post(line), .spaceBeforeColon).check() }

    @Test(
        "a folded line, also as the first one and with nothing behind the white space",
        arguments: [
            post("X-A: b", " folded"), post("X-A: b", "\tfolded"), post("X-A: b", " "), post("X-A: b", "\t"),
            post("X-A: b", " Content-Length: 5"), "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
            "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n",
        ])
    func folded(_ text: String) { Refusal(text, .foldedField).check() }

    @Test(
        "a bare line feed",
        arguments: [
            "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", post("X: a\nb"), post("X: a", "\nY: b"), post("X\n: a"),
        ])
    func bareLineFeed(_ text: String) { Refusal(text, .bareLineFeed).check() }

    @Test(
        "a bare carriage return",
        arguments: [
            post("X-A: a\rb"), post("X-A: a\r"), post("X-A:\r"), post("X\rA: b"), post("X-A: \rb"), post("X\r: b"),
            "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        ])
    func bareCarriageReturn(_ text: String) { Refusal(text, .bareCarriageReturn).check() }

    @Test("NUL or another control byte, anywhere")
    func controlBytes() {
        for byte in Array(UInt8(0)...31) + [127] where ![9, 10, 13].contains(byte) {
            let control = String(decoding: [byte], as: UTF8.self)
            for line in [
                "X\(control)A: b", "\(control)X: b", "X-A: a\(control)b", "X-A:\(control)", "X-A: b\(control)",
            ] {
                Refusal(post(line), .controlByte).check()
            }
            Refusal(head("GET /\(control) HTTP/1.1", "Host: a"), .controlByte).check()
            Refusal(head("GET / HTTP/1.1\(control)", "Host: a"), .controlByte).check()
        }
        Refusal(post("X-A: a\u{1B}[31m, behind many bytes of a long value"), .controlByte).check()
    }

    @Test(
        "a name that is no token",
        arguments: [
            "X A: b", "no colon", ": no name", ":", "X(A): b", "X\"A: b", "X,A: b", "X;A: b", "X=A: b", "X/A: b",
            "X@A: b", "[X]: b", "{X}: b", "<X>: b", "X?: b", "X\\: b", "Xé: b", "\u{A0}X: b", "Host a", "X\tA: b",
        ])
    func badName(_ line: String) { Refusal(post(line), .badFieldName).check() }

    @Test("a line without a colon", arguments: ["nocolon", "Host", "a"])
    func missingColon(_ line: String) { Refusal(post(line), .missingColon).check() }

    @Test("more empty lines before a request than an old client sends")
    func emptyLines() {
        for count in 5...7 {
            let text = String(repeating: "\r\n", count: count) + head("GET / HTTP/1.1", "Host: a")
            Refusal(text, .tooManyEmptyLines).check()
        }
    }
}

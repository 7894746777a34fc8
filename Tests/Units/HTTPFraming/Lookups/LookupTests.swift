import Testing

@testable import HTTPFraming

@Suite("Small look-ups find exactly what was sent")
struct LookupTests {
    static func found(_ text: String, _ look: (ByteRange, UnsafeRawBufferPointer) -> ByteRange?) -> String? {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { buffer in
            look(ByteRange(0, bytes.count), buffer).map { String(decoding: $0.bytes(in: buffer), as: UTF8.self) }
        }
    }

    @Test(
        "cookies",
        arguments: [
            ("k=v", "v"), ("a=b;k=v", "v"), ("a=b;  k=v ;c=d", "v"), ("k=1; k=2", "1"), ("k=", ""), ("k", ""),
            ("k=a=b", "a=b"), ("kk=v", nil), ("ak=v", nil), ("K=v", nil), ("", nil), (";;", nil), ("k =v", nil),
            ("k=\"v\"", "\"v\""),
        ] as [(String, String?)])
    func cookies(_ text: String, _ expected: String?) {
        #expect(Self.found(text) { CookieScanner.value(of: "k", in: $0, of: $1) } == expected)
    }

    @Test(
        "query parameters",
        arguments: [
            ("sid=v", "v"), ("a=b&sid=v&c", "v"), ("sid=1&sid=2", "1"), ("sid", ""), ("sid=", ""), ("&&sid=v", "v"),
            ("xsid=v", nil), ("sidx=v", nil), ("%73id=v", nil), ("a=sid=v", nil), ("", nil),
        ] as [(String, String?)])
    func parameters(_ text: String, _ expected: String?) {
        #expect(Self.found(text) { QueryScanner.value(of: "sid", in: $0, of: $1) } == expected)
    }

    @Test(
        "Engine.IO session ids",
        arguments: [
            ("0{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"]}", "lv_VI97HAXpY6yYWAAAC"),
            ("0{\"sid\":\"a\"", "a"), ("0{\"sid\":\"\"}", nil), ("0{\"sid\":\"unfinished", nil),
            ("40{\"sid\":\"a\"}", nil),
            ("{\"sid\":\"a\"}", nil), ("0{\"sid\":\"a b\"}", nil), ("", nil),
            ("0{\"sid\":\"" + String(repeating: "x", count: 65) + "\"}", nil),
        ] as [(String, String?)])
    func sessionIDs(_ text: String, _ expected: String?) {
        #expect(Self.found(text) { EngineIOHandshake.sessionID(in: $1) } == expected)
    }

    @Test(
        "the first hop of X-Forwarded-For, without port and brackets",
        arguments: [
            ([], nil), (["192.0.2.1"], "192.0.2.1"), (["192.0.2.1, 10.0.0.1"], "192.0.2.1"),
            (["192.0.2.1:4711 , 10.0.0.1"], "192.0.2.1"), (["2001:db8::1"], "2001:db8::1"),
            (["[2001:db8::1]:4711, 10.0.0.1"], "2001:db8::1"), (["", "192.0.2.1", "10.0.0.1"], "192.0.2.1"),
            ([", 10.0.0.1"], nil), (["[2001:db8::1"], "2001:db8::1"), (["["], ""), (["unknown"], "unknown"),
        ] as [([String], String?)])
    func firstHop(_ values: [String], _ expected: String?) {
        let lines = values.map { "X-Forwarded-For: \($0)\r\n" }.joined()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8)
        var fields = HeadFieldTable(capacity: FramingLimits.requestFields)
        var sniffer = RequestHeadSniffer()
        let found = bytes.withUnsafeBytes { buffer -> String? in
            guard case .complete = sniffer.sniff(buffer, into: &fields) else { return "no head" }
            return ForwardedForScanner.firstAddress(in: fields, of: buffer).map {
                String(decoding: $0.bytes(in: buffer), as: UTF8.self)
            }
        }
        #expect(found == expected)
    }

    @Test("a range beyond its buffer has no bytes")
    func outOfRange() {
        [1, 2, 3].withUnsafeBytes { buffer in
            let beyond = ByteRange(start: 0, end: UInt16(buffer.count) + 1)
            #expect(beyond.bytes(in: buffer).isEmpty)
            #expect(CookieScanner.value(of: "k", in: beyond, of: buffer) == nil)
        }
    }
}

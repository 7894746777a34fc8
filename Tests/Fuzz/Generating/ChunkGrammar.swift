/// Chunked bodies, mostly good.
enum ChunkGrammar {
    /// The first six are good.
    private static let extensions = bytes(
        ";a", ";a=b", ";a=\"b c\"", ";a;b=c", ";a=\"\\\";\\\\é\"", ";0=\"\";!", ";", ";a\t=b", "; a=b", ";a\u{0}",
        " ;a",
        ";a\n", ";a=", ";a=b=c", ";a=\"b", ";a=\"b\"c", ";a=\"\\", ";=b", ";a=b c", ";é", ";a=\"\u{7F}\"", ";a=b,c")
    private static let trailers = bytes(
        "X-T: a\r\n", "ETag: \"x\"\r\n", "X-Empty:\r\n", "Server-Timing: a;dur=1\r\n", "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n", "Host: b\r\n", "X : y\r\n", " x\r\n", "X\r\n", "X-Forwarded-For: 1\r\n",
        "X-Forwarded-Port: 1\r\n", "x_original_url: /\r\n", "Forwarded: for=1\r\n", "Forwarders: 1\r\n")

    /// Appends a body, its last empty line included.
    static func append(to stream: inout [UInt8], _ generator: inout CaseGenerator) {
        for _ in 0..<generator.below(4) {
            let data = (0..<(1 + generator.below(generator.oneIn(8) ? 300 : 20))).map { _ in generator.byte() }
            appendSize(data.count, to: &stream, &generator)
            stream += data
            stream += [13, 10]
        }
        appendSize(0, to: &stream, &generator)
        // The first four are good.
        for _ in 0..<(generator.oneIn(4) ? generator.below(3) : 0) {
            stream += trailers[generator.below(generator.oneIn(4) ? trailers.count : 4)]
        }
        stream += [13, 10]
    }

    private static func appendSize(_ size: Int, to stream: inout [UInt8], _ generator: inout CaseGenerator) {
        let digits = String(size, radix: 16, uppercase: generator.oneIn(2))
        if generator.oneIn(8) { stream += [UInt8](repeating: UInt8(ascii: "0"), count: generator.below(5)) }
        stream += Array(digits.utf8)
        if generator.oneIn(8) { stream += extensions[generator.below(generator.oneIn(8) ? extensions.count : 6)] }
        stream += [13, 10]
    }
}

/// Damages a stream here and there, in the ways that have confused HTTP servers before.
enum Damage {
    private static let snippets = bytes(
        "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ",", ";", "\u{0}", "\u{B}", "\u{7F}", "é", "0", "00", "+", "-",
        "0x",
        "chunked", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "\r\nTransfer-Encoding: chunked",
        "Host: b\r\n", "Connection: content-length\r\n", "0\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1",
        "_",
        "[", "]", "@", "%2f", "//", "/lb/", "http://a", " HTTP/1.0", ";x=\"", "\r\n ", "X: y\r\n", "7fffffffffffffff")

    static func inflict(on stream: inout [UInt8], _ generator: inout CaseGenerator) {
        for _ in 0...generator.below(3) {
            guard !stream.isEmpty else { return }
            let place = generator.below(stream.count)
            switch generator.below(8) {
            case 0: stream[place] = generator.byte()
            case 1: stream[place] ^= 1 << UInt8(generator.below(8))
            case 2, 3: stream.insert(contentsOf: generator.pick(snippets), at: place)
            case 4: stream.removeSubrange(place..<min(stream.count, place + 1 + generator.below(4)))
            case 5: stream.removeSubrange(place..<min(stream.count, place + 1 + generator.below(40)))
            case 6:
                let run = Array(stream[place..<min(stream.count, place + 1 + generator.below(60))])
                stream.insert(contentsOf: run, at: generator.below(stream.count))
            case _: stream.removeLast(stream.count - place)
            }
        }
    }
}

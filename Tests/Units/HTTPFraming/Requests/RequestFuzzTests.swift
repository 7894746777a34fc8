import RepeatableRandom
import Testing

@testable import HTTPFraming

@Suite("No input crashes, and no reading depends on how the input arrives")
struct RequestFuzzTests {
    /// Pieces that heads are made of, good and bad.
    static let pieces: [[UInt8]] = [
        "GET ", "POST ", "/", "/lb/", "/socket.io/?sid=a", "http://a/", " HTTP/1.1", " HTTP/1.0", "\r\n", "\r\n\r\n",
        "\n",
        "\r", " ", "\t", ":", "Host: a", "Host:", "Content-Length: 5", "Content-Length: 18446744073709551616",
        "Transfer-Encoding: chunked", "Connection: close, X", "Connection: upgrade", "Upgrade: websocket", "X: y", ",",
        "Cookie: KUMA_FIXED_NODE=n1", "\u{0}", "é", "Accept: text/html;", "Expect: 100-continue", "%2f", "?", "..", "*",
        "HTTP/1.1 200 OK", "HTTP/1.1 101 ", "Content-Encoding: gzip", "X-Forwarded-For: 1", "0\r\n", "fffff",
    ].map { Array($0.utf8) }

    static func randomInput(_ generator: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        if Bool.random(using: &generator) { bytes += Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) }
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            if Int.random(in: 0..<8, using: &generator) == 0 {
                bytes.append(UInt8.random(in: 0...255, using: &generator))
            } else {
                bytes += pieces[Int.random(in: 0..<pieces.count, using: &generator)]
                if Bool.random(using: &generator) { bytes += [13, 10] }
            }
        }
        if Bool.random(using: &generator) { bytes += [13, 10, 13, 10] }
        return bytes
    }

    @Test("random requests")
    func requests() {
        var generator = SeededRandom(seed: SeededRandom.runSeed)
        var accepted = 0
        for _ in 0..<90_000 {
            let bytes = Self.randomInput(&generator)
            let whole = RequestReading.of(whole: bytes)
            let pieces = RequestReading.of(bytes, arrivingAt: generator.splits(of: bytes.count))
            #expect(pieces == whole, "\(bytes)")
            if case .complete = whole {
                accepted += 1
                #expect(rewritten(request: bytes) != nil, "\(bytes)")
            }
        }
        #expect(accepted > 100, "the generator must make good heads too")
    }

    @Test("random responses")
    func responses() {
        var generator = SeededRandom(seed: SeededRandom.runSeed &+ 1)
        for _ in 0..<60_000 {
            var bytes = Self.randomInput(&generator)
            if Bool.random(using: &generator) { bytes = Array("HTTP/1.1 200 OK\r\n".utf8) + bytes }
            let whole = ResponseReading.of(bytes, arrivingAt: [bytes.count])
            #expect(ResponseReading.of(bytes, arrivingAt: generator.splits(of: bytes.count)) == whole, "\(bytes)")
            if case .complete = whole { #expect(rewritten(response: bytes) != nil, "\(bytes)") }
        }
    }

    @Test("random bytes")
    func noise() {
        var generator = SeededRandom(seed: SeededRandom.runSeed &+ 2)
        for _ in 0..<90_000 {
            let count = Int.random(in: 0...48, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = RequestReading.of(whole: bytes)
            _ = ResponseReading.of(bytes, arrivingAt: [count])
            _ = BodyReading.of(bytes, as: .chunked, arrivingAt: [count])
            bytes.withUnsafeBytes { _ = EngineIOHandshake.sessionID(in: $0) }
        }
    }
}

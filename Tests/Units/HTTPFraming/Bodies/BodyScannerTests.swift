import RepeatableRandom
import Testing

@testable import HTTPFraming

@Suite("A body's end is found by its framing")
struct BodyScannerTests {
    @Test("a message without a body is complete before its first byte")
    func none() {
        for framing in [BodyFraming.none, .length(0)] {
            var scanner = BodyScanner(framing)
            #expect(scanner.isComplete)
            #expect(scanner.blindBytes == 0)
            #expect([1, 2].withUnsafeBytes { scanner.consume($0) } == .complete(bytes: 0))
            #expect(scanner.endOfStream() == .complete(bytes: 0))
        }
    }

    @Test("a length ends where it says, however its bytes arrive")
    func length() {
        let bytes = Array("Hello world!GET /".utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            #expect(BodyReading.of(bytes, as: .length(12), arrivingAt: lengths) == .complete(bytes: 12))
        }
        #expect(BodyReading.moving(bytes, as: .length(12)) == .complete(bytes: 12))
        #expect(BodyReading.of(bytes, as: .length(.max), arrivingAt: [bytes.count]) == .more)
    }

    @Test("data without its framing: the same however the bytes arrive, and nothing behind the end")
    func data() {
        let bytes = Array("5;x=y\r\nHello\r\nC\r\n world, and\n\r\n0\r\nETag: z\r\n\r\nHTTP/1.1 200".utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            var scanner = BodyScanner(.chunked)
            var data: [UInt8] = []
            var start = 0
            for length in lengths where !scanner.isComplete {
                var output = [UInt8](repeating: 0xAA, count: length - start)
                let (step, count) = bytes.withUnsafeBytes { buffer in
                    output.withUnsafeMutableBytes { output in
                        scanner.consume(UnsafeRawBufferPointer(rebasing: buffer[start..<length]), copyingDataTo: output)
                    }
                }
                data += output.prefix(count)
                if case .complete(let taken) = step { #expect(start + taken == bytes.count - 12) }
                start = length
            }
            #expect(scanner.isComplete)
            #expect(data.elementsEqual("Hello world, and\n".utf8), "\(lengths)")
        }
        var broken = BodyScanner(.chunked)
        var output = [UInt8](repeating: 0, count: 16)
        let (step, _) = Array("3\r\nabcd\r\n".utf8).withUnsafeBytes { bytes in
            output.withUnsafeMutableBytes { broken.consume(bytes, copyingDataTo: $0) }
        }
        #expect(step == .invalid(.missingChunkLineEnd))
    }

    @Test("only the end of the stream ends a body until close")
    func untilClose() {
        var scanner = BodyScanner(.untilClose)
        #expect(scanner.blindBytes == .max)
        #expect([1, 2].withUnsafeBytes { scanner.consume($0) } == .more)
        #expect(scanner.skip(1_000_000) == .more)
        #expect(!scanner.isComplete)
        #expect(scanner.endOfStream() == .complete(bytes: 0))
        #expect(scanner.isComplete)
    }

    @Test("a stream that ends within a body is a violation")
    func truncated() {
        for framing in [BodyFraming.length(3), .chunked] {
            var scanner = BodyScanner(framing)
            #expect(scanner.endOfStream() == .invalid(.truncated))
            #expect([1].withUnsafeBytes { scanner.consume($0) } == .invalid(.truncated))
        }
    }

    @Test("moving more than may be moved unseen is refused")
    func movedTooMuch() {
        var scanner = BodyScanner(.length(3))
        #expect(scanner.skip(2) == .more)
        #expect(scanner.blindBytes == 1)
        #expect(scanner.skip(2) == .invalid(.movedTooMuch))
        #expect(scanner.blindBytes == 0)
    }

    @Test(
        "a chunked body ends after its last line, however its bytes arrive",
        arguments: [
            "0\r\n\r\n", "000\r\n\r\n", "5\r\nHello\r\n0\r\n\r\n",
            "a\r\n0123456789\r\nA\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
            "1;name=value;x=\"y z\"\r\na\r\n0;last\r\n\r\n", "0\r\nExpires: never\r\nX:\r\n\r\n",
            "0000000000000001\r\na\r\n0\r\n\r\n", "1\r\n\r\r\n0\r\n\r\n",
        ])
    func chunked(_ text: String) {
        let body = Array(text.utf8)
        let bytes = body + Array("GET /".utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            #expect(BodyReading.of(bytes, as: .chunked, arrivingAt: lengths) == .complete(bytes: body.count))
        }
        #expect(BodyReading.moving(bytes, as: .chunked) == .complete(bytes: body.count))
        for length in 0..<body.count {
            #expect(BodyReading.of(bytes, as: .chunked, arrivingAt: [length]) == .more)
        }
    }

    @Test("what is just within the limits passes")
    func withinLimits() {
        let bodies = [
            "0\r\n" + String(repeating: "A: b\r\n", count: 32) + "\r\n",
            "0;" + String(repeating: "a", count: 4095) + "\r\n\r\n",
            String(repeating: "1;abcdefg\r\nx\r\n", count: 512) + "0\r\n\r\n",
        ]
        for body in bodies {
            let bytes = Array(body.utf8)
            #expect(BodyReading.of(bytes, as: .chunked, arrivingAt: [bytes.count]) == .complete(bytes: bytes.count))
        }
        // The largest size is a size, and its data may be moved unseen.
        var scanner = BodyScanner(.chunked)
        #expect(Array("7fffffffffffffff\r\n".utf8).withUnsafeBytes { scanner.consume($0) } == .more)
        #expect(scanner.blindBytes == FramingLimits.largestLength)
        #expect(scanner.skip(FramingLimits.largestLength) == .more)
        #expect(scanner.blindBytes == 0)
        #expect(Array("\r\n0\r\n\r\n".utf8).withUnsafeBytes { scanner.consume($0) } == .complete(bytes: 7))
    }

    @Test("random chunked bodies end where they end, and any of their bytes changed never crashes")
    func randomChunks() {
        var generator = SeededRandom(seed: SeededRandom.runSeed)
        for _ in 0..<300 {
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                let data = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                body += Array(String(data.count, radix: 16, uppercase: Bool.random(using: &generator)).utf8)
                if Bool.random(using: &generator) { body += Array(";e=1".utf8) }
                body += [13, 10] + data + [13, 10]
            }
            body += Array((Bool.random(using: &generator) ? "0\r\n\r\n" : "0\r\nT: x\r\n\r\n").utf8)
            let bytes = body + [71, 69, 84]
            let lengths = generator.splits(of: bytes.count)
            #expect(BodyReading.of(bytes, as: .chunked, arrivingAt: lengths) == .complete(bytes: body.count))
            #expect(BodyReading.moving(bytes, as: .chunked) == .complete(bytes: body.count))

            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            let whole = BodyReading.of(changed, as: .chunked, arrivingAt: [changed.count])
            #expect(BodyReading.of(changed, as: .chunked, arrivingAt: 0...changed.count) == whole)
        }
    }
}

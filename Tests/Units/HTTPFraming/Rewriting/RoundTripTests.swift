import RepeatableRandom
import Testing

@testable import HTTPFraming

@Suite("A stamped head says what the head said")
struct RoundTripTests {
    /// A valid head with random parts.
    static func randomRequest(_ generator: inout SeededRandom) -> String {
        func pick(_ choices: [String]) -> String { choices[Int.random(in: 0..<choices.count, using: &generator)] }
        let version = pick(["1.1", "1.1", "1.0"])
        var lines = [
            pick(["GET", "POST", "HEAD", "DELETE", "REPORT"]) + " "
                + pick([
                    "/", "/a/b?c=d", "/lb/ping", "/socket.io/?EIO=4&sid=x1", "/api/v1/monitors/3", "http://h:1/x?y",
                    "http://h:1",
                ])
                + " HTTP/" + version
        ]
        var fields = [pick(["Host: h:1", "host:h:1", "HOST:\t h:1 "])]
        let optional = [
            "User-Agent: x", "Accept: text/html", "Cookie: a=b; KUMA_FIXED_NODE=n2", "X-Forwarded-For: 1.2.3.4",
            "X-Real-IP: 9", "X-Routed-To: z", "Keep-Alive: 5", "Connection: X-Hop, close", "X-Hop: 1", "TE: trailers",
            "Expect: 100-continue", "X-Empty:", "Upgrade: h2c",
        ]
        for field in optional where Bool.random(using: &generator) { fields.append(field) }
        if version == "1.1", Bool.random(using: &generator) {
            fields.append("Transfer-Encoding: chunked")
        } else if Bool.random(using: &generator) {
            fields.append("Content-Length: \(Int.random(in: 0...99_999, using: &generator))")
        }
        lines += fields.shuffled(using: &generator)
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test("requests: same meaning, one of each stamp, nothing of the hop before")
    func requests() throws {
        var generator = SeededRandom(seed: SeededRandom.runSeed)
        for _ in 0..<1_500 {
            let request = Self.randomRequest(&generator)
            let original = try #require(RequestReading.of(whole: request).summary, "\(request)")
            let output = try #require(rewritten(request: Array(request.utf8)), "\(request)")
            let copy = try #require(RequestReading.of(whole: output).summary, "\(request)")
            #expect(copy.headBytes == output.count)
            #expect(copy.method == original.method)
            #expect(copy.methodText == original.methodText)
            #expect(copy.version == .http11)
            #expect(copy.path == (original.path.isEmpty ? "/" : original.path))
            #expect(copy.query == original.query)
            #expect(copy.host == original.host)
            #expect(copy.pin == original.pin)
            #expect(copy.body == original.body)
            #expect(copy.destination == original.destination)
            #expect(copy.expectation == original.expectation)
            #expect(copy.persistence == .keepAlive)
            #expect(copy.forwarded == [.address, .realIP, .proto, .host])
            let names = copy.fields.map { $0.prefix { $0 != ":" }.lowercased() }
            for name in ["x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-host", "host", "connection"]
            {
                #expect(names.filter { $0 == name }.count == 1, "\(name) in \(request)")
            }
            for name in ["keep-alive", "te", "x-routed-to", "upgrade"] { #expect(!names.contains(name)) }
            #expect(names.contains("x-hop") == (original.fields.contains("X-Hop: 1") && !Self.namesHop(original)))
            // Stamping what is stamped changes nothing but the order.
            let again = try #require(rewritten(request: output))
            #expect(again == output)
        }
    }

    static func namesHop(_ summary: RequestSummary) -> Bool {
        summary.fields.contains { $0.hasPrefix("Connection: X-Hop") }
    }
}

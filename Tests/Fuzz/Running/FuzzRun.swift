import Glibc
import Synchronization

/// One run: cases until a limit or the first failure.
struct FuzzRun {
    enum Outcome {
        case passed
        case failed(FuzzFailure)
    }

    private let options: FuzzOptions
    private var requests = CaseCounts()
    private var responses = CaseCounts()
    private var proxyHeaders = CaseCounts()
    private var cases: UInt64 = 0
    private var elapsed = Duration.zero

    init(_ options: FuzzOptions) { self.options = options }

    mutating func toTheEnd() -> Outcome {
        let start = ContinuousClock.now
        while cases < options.cases {
            // Looking at the clock costs as much as a small case.
            if cases & 0xFF == 0, let limit = options.limit, ContinuousClock.now - start >= limit { break }
            let seed = options.seed &+ cases
            CrashReport.currentSeed.store(seed, ordering: .relaxed)
            cases += 1
            if cases % FuzzRun.casesPerReport == 0 { report(after: ContinuousClock.now - start) }
            do throws(FuzzFailure) {
                try runCase(seed)
            } catch {
                elapsed = ContinuousClock.now - start
                return .failed(error)
            }
        }
        elapsed = ContinuousClock.now - start
        return .passed
    }

    private static let casesPerReport: UInt64 = 1_000_000

    /// A long run says how far it is, into a file, too.
    private func report(after elapsed: Duration) {
        print("\(cases) cases after \(elapsed.components.seconds) s")
        fflush(nil)
    }

    private mutating func runCase(_ seed: UInt64) throws(FuzzFailure) {
        var generator = CaseGenerator(seed: seed)
        if generator.oneIn(8) {
            let made = ProxyHeaderGrammar.stream(&generator)
            try ProxyHeaderProperties.check(made, seed: seed, &generator, counting: &proxyHeaders)
        } else if generator.oneIn(3) {
            let made = ResponseGrammar.stream(&generator)
            try ResponseProperties.check(made, seed: seed, &generator, counting: &responses)
        } else {
            let made = RequestGrammar.stream(&generator)
            try RequestProperties.check(made, seed: seed, &generator, counting: &requests)
        }
    }

    var summary: String {
        "\(cases) cases in \(elapsed); requests: \(requests); responses: \(responses); proxies' headers: \(proxyHeaders)"
    }
}

/// How much of what was made was good, so that a generator that makes only rubbish is noticed.
struct CaseCounts: CustomStringConvertible {
    var streams: UInt64 = 0
    var messages: UInt64 = 0
    var refused: UInt64 = 0

    var description: String { "\(streams) streams, \(messages) messages relayed, \(refused) refused" }
}

/// A property that did not hold.
struct FuzzFailure: Error {
    var seed: UInt64
    var property: String
    var input: [UInt8]
    var output: [UInt8]

    var report: String {
        """
        FAILED: \(property)
        repeat with --cases 1 --seed \(seed)
        input:  \(FuzzFailure.escaped(input))
        output: \(FuzzFailure.escaped(output))
        """
    }

    private static func escaped(_ bytes: [UInt8]) -> String {
        bytes.reduce(into: "") { text, byte in
            switch byte {
            case 13: text += "\\r"
            case 10: text += "\\n"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            case _: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
    }
}

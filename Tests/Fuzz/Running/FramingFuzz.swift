/// Throws made-up and damaged HTTP at the framing layer, and compares what it does with a second, plain reading.
///
///     swift run -c release FramingFuzz --seconds 30
///     swift run -c release FramingFuzz --seed 4711 --cases 1
///
/// Every case has its own seed, the first one's plus its number, and follows from it alone; a failure and a crash name the
/// seed that repeats it. What must hold is in `RequestProperties`, `ResponseProperties` and `ProxyHeaderProperties`.
///
/// The state machine of an exchange is not driven here, for it belongs to the data plane: see `ExchangeFuzzTests` there.
@main
struct FramingFuzz {
    static func main() {
        let options: FuzzOptions
        switch FuzzOptions.parse(CommandLine.arguments.dropFirst()) {
        case .options(let parsed): options = parsed
        case .problem(let text):
            print(text)
            print(FuzzOptions.usage)
            exitProcess(.badUsage)
        }
        CrashReport.install()
        print("seed \(options.seed)")

        var run = FuzzRun(options)
        let outcome = run.toTheEnd()
        print(run.summary)
        switch outcome {
        case .passed: exitProcess(.passed)
        case .failed(let failure):
            print(failure.report)
            exitProcess(.failed)
        }
    }
}

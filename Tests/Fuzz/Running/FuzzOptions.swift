import Glibc

/// What the command line asks for.
struct FuzzOptions {
    enum Parsed {
        case options(FuzzOptions)
        case problem(String)
    }

    static let usage = "usage: FramingFuzz [--seed N] [--cases N] [--seconds N]   (30 s when neither limit is given)"

    /// The first case's.
    var seed: UInt64
    /// Cases at most.
    var cases = UInt64.max
    /// How long it takes at most; `nil` for as long as the cases take.
    var limit: Duration?

    static func parse(_ arguments: ArraySlice<String>) -> Parsed {
        var options = FuzzOptions(seed: UInt64.random(in: 1...UInt64(UInt32.max)))
        var isLimited = false
        var rest = arguments
        while let name = rest.popFirst() {
            guard let text = rest.popFirst(), let number = UInt64(text), number > 0 else {
                return .problem("\(name) needs a positive number")
            }
            switch name {
            case "--seed": options.seed = number
            case "--cases":
                options.cases = number
                isLimited = true
            case "--seconds":
                guard number < 1_000_000 else { return .problem("--seconds is too large") }
                options.limit = .seconds(Int64(number))
                isLimited = true
            case _: return .problem("unknown option \(name)")
            }
        }
        if !isLimited { options.limit = .seconds(30) }
        return .options(options)
    }
}

enum ExitStatus: Int32 {
    case passed = 0
    case failed = 1
    case badUsage = 2
}

func exitProcess(_ status: ExitStatus) -> Never { exit(status.rawValue) }

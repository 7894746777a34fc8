@testable import HTTPFraming

enum BodyReading: Equatable {
    /// All pieces belong to the body, which is not over.
    case more
    /// The body ended after this many bytes in all.
    case complete(bytes: Int)
    case invalid(BodyViolation)

    /// What the scanner makes of `bytes` when they arrive in pieces that end at `lengths`.
    static func of(_ bytes: [UInt8], as framing: BodyFraming, arrivingAt lengths: some Sequence<Int>) -> BodyReading {
        var scanner = BodyScanner(framing)
        var start = 0
        return bytes.withUnsafeBytes { buffer in
            for length in lengths {
                switch scanner.consume(UnsafeRawBufferPointer(rebasing: buffer[start..<length])) {
                case .more: start = length
                case .complete(let count): return .complete(bytes: start + count)
                case .invalid(let violation): return .invalid(violation)
                }
            }
            return .more
        }
    }

    /// The same, moving what may be moved blindly without looking at it.
    static func moving(_ bytes: [UInt8], as framing: BodyFraming) -> BodyReading {
        var scanner = BodyScanner(framing)
        var start = 0
        return bytes.withUnsafeBytes { buffer in
            while start < bytes.count {
                let blind = Int(clamping: min(scanner.blindBytes, UInt64(bytes.count - start)))
                let step =
                    blind > 0
                    ? scanner.skip(UInt64(blind))
                    : scanner.consume(UnsafeRawBufferPointer(rebasing: buffer[start..<(start + 1)]))
                switch step {
                case .more: start += max(blind, 1)
                case .complete(let count): return .complete(bytes: start + count)
                case .invalid(let violation): return .invalid(violation)
                }
            }
            return .more
        }
    }
}

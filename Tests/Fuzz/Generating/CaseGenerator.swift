import RepeatableRandom

/// The choices that cases are made of: the same for the same seed everywhere.
struct CaseGenerator {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func next() -> UInt64 { random.next() }

    /// Below `bound`, which is small, so that a remainder is even enough.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

    mutating func oneIn(_ chances: Int) -> Bool { below(chances) == 0 }

    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

    mutating func pick(_ choices: [[UInt8]]) -> [UInt8] { choices[below(choices.count)] }

    /// Ascending prefix lengths that end with `count`: how the bytes arrive.
    mutating func arrivals(of count: Int) -> [Int] {
        if oneIn(16) { return Array(1...max(count, 1)).filter { $0 <= count } }
        var lengths = (0..<below(7)).map { _ in below(count + 1) }
        lengths.append(count)
        return lengths.sorted()
    }
}

/// The UTF-8 of each text, made once.
func bytes(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

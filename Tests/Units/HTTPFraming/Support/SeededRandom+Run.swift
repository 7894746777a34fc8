import RepeatableRandom

extension SeededRandom {
    /// A seed for this run, printed so that a failure can be run again: `FRAMING_SEED=… swift test`.
    static let runSeed: UInt64 = {
        let seed = ProcessSeed.given ?? UInt64.random(in: 1...UInt64(UInt32.max))
        print("FRAMING_SEED=\(seed)")
        return seed
    }()

    /// Ascending prefix lengths that end with `count`: how bytes may arrive.
    mutating func splits(of count: Int) -> [Int] {
        var lengths: Set<Int> = [count]
        for _ in 0..<Int.random(in: 0...8, using: &self) { lengths.insert(Int.random(in: 0...count, using: &self)) }
        return lengths.sorted()
    }
}

/// SplitMix64: random enough for tests, and the same for the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

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

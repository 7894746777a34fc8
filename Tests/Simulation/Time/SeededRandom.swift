/// Every random decision of a simulation, in the order in which it is asked: the same seed gives the same run.
///
/// SplitMix64 (Steele, Lea, Flood 2014): one addition and three multiplications a number, and every 64-bit seed is good.
package struct SeededRandom: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// Two runs that drew alike agree in it.
    var peek: UInt64 { state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 up to, and not including, 1.
    package mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    package mutating func chance(_ probability: Double) -> Bool { fraction() < probability }

    /// 0 up to, and not including, `bound`, which must be positive.
    package mutating func index(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

    package mutating func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + index(below: range.count) }

    /// To the microsecond.
    package mutating func span(_ range: ClosedRange<Duration>) -> Duration {
        let width = Double((range.upperBound - range.lowerBound) / .microseconds(1))
        return range.lowerBound + .microseconds(Int64(width * fraction()))
    }

    package mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[index(below: elements.count)]
    }
}

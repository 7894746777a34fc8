/// Every random decision of a test, in the order in which it is asked: the same seed gives the same run.
extension SeededRandom {
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

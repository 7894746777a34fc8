import Synchronization

/// How often something took how long: a handful of fixed buckets of relaxed atomics, written by any thread and read whole
/// by whoever shows it. Adding costs two atomic additions and no allocation.
package struct LatencyHistogram: ~Copyable, Sendable {
    /// One more than the bounds: the last bucket has none.
    private static let buckets = 9
    private static let last = buckets - 1

    /// Not cumulated.
    private let counts: InlineArray<9, Atomic<Int>>
    private let nanoseconds = Atomic<UInt64>(0)

    package init() { counts = InlineArray { _ in Atomic(0) } }

    /// - Parameter span: in nanoseconds.
    package func add(_ span: UInt64) {
        counts[LatencyHistogram.bucket(of: span)].wrappingAdd(1, ordering: .relaxed)
        nanoseconds.wrappingAdd(span, ordering: .relaxed)
    }

    /// Comparisons with constants: no table is looked up on the request path.
    private static func bucket(of span: UInt64) -> Int {
        switch span {
        case ...500_000: 0
        case ...1_000_000: 1
        case ...5_000_000: 2
        case ...25_000_000: 3
        case ...100_000_000: 4
        case ...500_000_000: 5
        case ...2_000_000_000: 6
        case ...10_000_000_000: 7
        case _: last
        }
    }

    /// What was added so far. A reader that meets a writer may see a span in its bucket and not yet in the sum.
    package struct Reading: Sendable, Equatable {
        /// Upper bounds in seconds, inclusive, ascending: from a connect within one machine to the longest anybody waits.
        package static let bounds = [0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2, 10]

        /// For each bound, how many took no longer; the last element counts them all.
        package let cumulated: [Int]
        /// Of all, in seconds.
        package let sum: Double

        package var count: Int { cumulated.last ?? 0 }
    }

    /// A copy, made without stopping whoever adds.
    package var reading: Reading {
        var cumulated: [Int] = []
        for index in 0..<LatencyHistogram.buckets {
            cumulated.append((cumulated.last ?? 0) + counts[index].load(ordering: .relaxed))
        }
        return Reading(cumulated: cumulated, sum: Double(nanoseconds.load(ordering: .relaxed)) / 1e9)
    }
}

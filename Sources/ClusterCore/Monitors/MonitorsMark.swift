/// A number that stands for a set of monitors: an agent learns by it with every beat whether its node's set changed, and
/// reads the set itself only then. Two sets may share a mark by chance, once in thousands of millions.
package struct MonitorsMark: Hashable, Sendable {
    /// 0 for no monitors.
    package let number: UInt64

    package init(number: UInt64) { self.number = number }

    /// XOR over one product of each id. The statement that computes it in the database says the same in SQL: so the factors
    /// are kept small enough that no product exceeds 64 bits.
    package init(of monitors: some Sequence<MonitorID>) {
        number = monitors.reduce(0) { mark, monitor in
            let id = UInt64(bitPattern: monitor.number)
            return mark ^ ((id & 2_147_483_647) + 1_640_531_527) * ((id ^ 2_246_822_519) & 4_294_967_295)
        }
    }
}

/// Names one monitor: the primary key of Kuma's `monitor` table.
package struct MonitorID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64

    package init(_ number: Int64) { self.number = number }

    package static func < (left: MonitorID, right: MonitorID) -> Bool { left.number < right.number }

    package var description: String { String(number) }
}

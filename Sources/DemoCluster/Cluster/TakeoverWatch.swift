/// Watches a node's monitors after something happened to it, until each has had a beat from where it should run now.
package struct TakeoverWatch: Sendable, Equatable {
    /// From where beats are to come.
    package enum Goal: Sendable, Equatable {
        /// Beats from any node but this one.
        case leave(node: String)
        /// Beats from this node.
        case comeBack(node: String)
    }

    /// A monitor's first beat on one node since the watch began.
    package struct FirstBeat: Sendable, Equatable {
        /// Kuma's id.
        package let monitor: Int64
        package let node: String
        /// Since the watch began.
        package let seconds: Double

        package init(monitor: Int64, node: String, seconds: Double) {
            self.monitor = monitor
            self.node = node
            self.seconds = seconds
        }
    }

    package let goal: Goal
    /// All that must arrive. None: it is over at once, after 0 s.
    package let monitors: Set<Int64>
    private var arrivals: [Int64: Double] = [:]

    package init(_ goal: Goal, monitors: Set<Int64>) {
        self.goal = goal
        self.monitors = monitors
    }

    /// May be given the same beats again: the earliest that counts stays, and those of other monitors are passed over.
    package mutating func record(_ beats: [FirstBeat]) {
        for beat in beats where monitors.contains(beat.monitor) && counts(beat) {
            arrivals[beat.monitor] = min(arrivals[beat.monitor] ?? beat.seconds, beat.seconds)
        }
    }

    private func counts(_ beat: FirstBeat) -> Bool {
        switch goal {
        case .leave(let node): beat.node != node
        case .comeBack(let node): beat.node == node
        }
    }

    /// How many have not arrived.
    package var missing: Int { monitors.count - arrivals.count }

    /// When the last monitor arrived; nil while some are missing.
    package var seconds: Double? { missing == 0 ? arrivals.values.max() ?? 0 : nil }
}

import Synchronization

/// A loop that must go on turning while the process is well, as systemd's watchdog is to understand it.
package struct VitalSign: Sendable {
    /// For people: `reactor 0`.
    package let name: String
    /// The longest that a healthy loop stands still.
    package let limit: Duration
    let turns: @Sendable () -> Int

    /// - Parameter turns: how often the loop has turned since the start; never blocks.
    package init(_ name: String, limit: Duration, turns: @escaping @Sendable () -> Int) {
        self.name = name
        self.limit = limit
        self.turns = turns
    }
}

/// Finds which vital signs have stopped, from what is seen of them now and then. Time comes in.
struct VitalSignWatch {
    private let limits: [Duration]
    private var seen: [(turns: Int, since: SuspendingClock.Instant)]

    /// - Parameter now: monotonic time that stands still while the machine sleeps, as systemd's own watchdog has it.
    init(_ signs: [VitalSign], now: SuspendingClock.Instant) {
        limits = signs.map(\.limit)
        seen = signs.map { ($0.turns(), now) }
    }

    /// - Parameter turns: of each sign, in their order.
    /// - Returns: indexes of those that have not turned for longer than their limit.
    mutating func stopped(_ turns: [Int], now: SuspendingClock.Instant) -> [Int] {
        var stopped: [Int] = []
        for (index, count) in turns.enumerated() where seen.indices.contains(index) {
            if count != seen[index].turns {
                seen[index] = (count, now)
            } else if now - seen[index].since > limits[index] {
                stopped.append(index)
            }
        }
        return stopped
    }
}

/// Which vital signs of this process have stopped: found by the one service that checks them, read by whoever is asked
/// how the process is.
package final class StuckLoops: Sendable {
    private let current = Mutex<[String]>([])

    /// Every loop turns, until somebody has found otherwise.
    package init() {}

    /// Empty while every loop turns.
    package var names: [String] { current.withLock { $0 } }

    func found(_ names: [String]) { current.withLock { $0 = names } }
}

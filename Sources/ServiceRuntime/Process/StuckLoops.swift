import Synchronization

/// Which vital signs of this process have stopped: found by the one service that checks them, read by whoever is asked
/// how the process is.
package final class StuckLoops: Sendable {
    private let current = Mutex<[String]>([])

    package init() {}

    /// Empty while every loop turns.
    package var names: [String] { current.withLock { $0 } }

    func found(_ names: [String]) { current.withLock { $0 = names } }
}

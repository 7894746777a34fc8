import CLinux
import Glibc
import Synchronization

/// What other threads may say to a reactor, and how they wake it: one flag and one eventfd(2).
final class ReactorMailbox: Sendable {
    enum Command: UInt8, AtomicRepresentable {
        case serve
        /// Accept nothing more, finish what is in progress.
        case drain
        /// Close everything and end the thread.
        case stop
    }

    private let wakeCounter: Descriptor
    private let latestCommand = Atomic<Command>(.serve)

    init() throws(SystemError) {
        wakeCounter = Descriptor(owning: try SystemCall.retryingShim { clinux_eventfd() }.get())
    }

    /// Readable while there is something to look at.
    var descriptor: Int32 { wakeCounter.number }

    var command: Command { latestCommand.load(ordering: .acquiring) }

    /// A command that goes less far than the latest has no effect: who was told to stop does not drain.
    func give(_ command: Command) {
        var latest = self.command
        while latest.rawValue < command.rawValue {
            let attempt = latestCommand.compareExchange(
                expected: latest, desired: command, ordering: .acquiringAndReleasing)
            if attempt.exchanged { break }
            latest = attempt.original
        }
        wake()
    }

    /// Makes the reactor look at its commands and at the routing table. From any thread; never blocks.
    func wake() {
        var one: UInt64 = 1
        // A counter that is full is readable already, which is all that is wanted.
        _ = SystemCall.retrying { write(wakeCounter.number, &one, MemoryLayout<UInt64>.size) }
    }

    /// Resets the counter; by the reactor, which looks afterwards.
    func acknowledge() {
        var count: UInt64 = 0
        _ = SystemCall.retrying { read(wakeCounter.number, &count, MemoryLayout<UInt64>.size) }
    }
}

/// How many client connections all reactors together may have.
final class ConnectionBudget: Sendable {
    let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    enum Decision { case admitted, turnedAway }

    func take() -> Decision {
        if used.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return .admitted }
        used.wrappingSubtract(1, ordering: .relaxed)
        return .turnedAway
    }

    func giveBack() { used.wrappingSubtract(1, ordering: .relaxed) }
}

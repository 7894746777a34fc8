import CLinux
import Glibc

/// One direction of a connection, as far as it goes through a pipe: which pipe, and how many bytes are in it.
///
/// While it holds bytes nothing more is received for that direction, so a would-block on an empty pipe always speaks of
/// the socket.
struct PipeLane {
    /// What the last transfer said of the sender.
    enum Pace: UInt8 {
        case unknown
        /// It filled what was offered.
        case bulk
        /// It sends in pieces so small that copying them is cheaper.
        case trickle
    }

    /// Index into the reactor's `PipePool`; -1: none is leased.
    var pipe: Int32 = -1
    /// Bytes in the pipe.
    var held: Int32 = 0
    var pace = Pace.unknown

    var isEmpty: Bool { held == 0 }
}

/// The pipes of one reactor: leased for as long as bytes are in them, and kept open in between.
///
/// Bytes in a pipe are the kernel's memory, at most `leased × capacityBytes` a reactor. Beyond that, and when the system
/// gives no pipe, bytes are copied.
struct PipePool: ~Copyable {
    /// What a pipe holds. Measured on loopback (Linux 6.18, µs of CPU a MiB of a 64 MiB response, medians of three runs):
    /// 256 KiB 292, 512 KiB 276, 1 MiB 225, copying 725; of 1 MiB responses all three cost the same. 1 MiB is also what
    /// pipe-max-size allows, but holds twice as much for every client that reads slowly.
    static let capacityBytes = 512 * 1024
    /// A pipe below this is not worth its system calls: the kernel gives smaller ones to a user who has many
    /// (pipe(7), pipe-user-pages-soft).
    static let leastCapacityBytes = 64 * 1024
    /// Pipes leased at once; above: copying. Of one reactor, half of what pipe-user-pages-soft (64 MiB) allows an unprivileged
    /// user; with many reactors the kernel gives smaller pipes, or none.
    static let leased = 64
    /// Empty pipes kept open; above: closed when they come back.
    static let kept = 8

    private struct Pipe: ~Copyable {
        let output: Descriptor
        let input: Descriptor
        let capacity: Int
    }

    // SAFETY: owned by this value alone, used on the reactor's thread only; all entries are initialised.
    private let entries: UnsafeMutablePointer<Pipe?>
    /// Open and empty, the last used on top: its pages are the warmest.
    private var empty: [Int32] = []
    private var unopened: [Int32]
    private(set) var leasedCount = 0

    init() {
        entries = .allocate(capacity: PipePool.leased)
        for index in 0..<PipePool.leased { (entries + index).initialize(to: nil) }
        unopened = (0..<Int32(PipePool.leased)).reversed()
        empty.reserveCapacity(PipePool.leased)
    }

    deinit {
        entries.deinitialize(count: PipePool.leased)
        entries.deallocate()
    }

    /// Pipes open now, leased or not.
    var openCount: Int { leasedCount + empty.count }

    /// Gives an empty lane a pipe.
    /// - Returns: false when there is none to be had.
    mutating func lease(_ lane: inout PipeLane) -> Bool {
        guard lane.pipe < 0 else { return true }
        if let index = empty.popLast() {
            lane.pipe = index
        } else if let index = unopened.popLast() {
            entries[Int(index)] = PipePool.open()
            if entries[Int(index)] == nil {
                unopened.append(index)
                return false
            }
            lane.pipe = index
        } else {
            return false
        }
        leasedCount += 1
        return true
    }

    /// Takes back the pipe of a lane that holds nothing; of any other it does nothing.
    mutating func giveBackIfEmpty(_ lane: inout PipeLane) {
        guard lane.pipe >= 0, lane.held == 0 else { return }
        if empty.count < PipePool.kept {
            empty.append(lane.pipe)
        } else {
            entries[Int(lane.pipe)] = nil
            unopened.append(lane.pipe)
        }
        lane.pipe = -1
        leasedCount -= 1
    }

    /// Gives up a lane with all it holds: a pipe that is not empty is closed, never used again.
    mutating func discard(_ lane: inout PipeLane) {
        if lane.pipe >= 0, lane.held > 0 {
            entries[Int(lane.pipe)] = nil
            unopened.append(lane.pipe)
            lane.pipe = -1
            leasedCount -= 1
        }
        giveBackIfEmpty(&lane)
        lane = PipeLane()
    }

    /// Where a lane's bytes go in, and how many fit; -1 and 0 without a pipe.
    func input(of lane: PipeLane) -> (descriptor: Int32, capacity: Int) {
        guard lane.pipe >= 0 else { return (-1, 0) }
        switch entries[Int(lane.pipe)] {
        case .some(let pipe): return (pipe.input.number, pipe.capacity)
        case .none: return (-1, 0)
        }
    }

    /// Where a lane's bytes come out; -1 without a pipe.
    func output(of lane: PipeLane) -> Int32 {
        guard lane.pipe >= 0 else { return -1 }
        switch entries[Int(lane.pipe)] {
        case .some(let pipe): return pipe.output.number
        case .none: return -1
        }
    }

    private static func open() -> Pipe? {
        var ends: (Int32, Int32) = (-1, -1)
        // SAFETY: a pair of Int32 is laid out as C's int[2]; the pointer lives for the call only.
        let result = withUnsafeMutablePointer(to: &ends) { pair in
            pair.withMemoryRebound(to: Int32.self, capacity: 2) { ends in
                SystemCall.retryingShim { clinux_pipe(ends) }
            }
        }
        guard case .success = result else { return nil }
        let output = Descriptor(owning: ends.0)
        let input = Descriptor(owning: ends.1)
        let number = input.number
        guard
            case .success(let capacity) = SystemCall.retryingShim({
                clinux_set_pipe_capacity(number, Int32(capacityBytes))
            }), capacity >= leastCapacityBytes
        else { return nil }
        return Pipe(output: output, input: input, capacity: Int(capacity))
    }
}

import Synchronization

/// Whole lines on their way from one reactor to the writer's thread. One side puts, the other takes, and neither waits for
/// the other: no lock, and a full ring refuses.
final class AccessRing: Sendable {
    /// What one reactor can be ahead of its writer: 50 ms of 100 000 requests a second. Above: lines are dropped and counted.
    static let bytes = 1 << 20

    enum Outcome { case stored, full }

    // SAFETY: owned by this object. The putting thread writes behind `put` only, and at most up to `taken` + the size; the
    // taking thread reads from `taken` to `put` only. Both numbers only grow.
    nonisolated(unsafe) private let memory = UnsafeMutableRawPointer.allocate(
        byteCount: AccessRing.bytes, alignment: 64)
    /// Bytes ever put, and ever taken.
    private let put = Atomic<Int>(0)
    private let taken = Atomic<Int>(0)

    deinit { memory.deallocate() }

    /// By the reactor.
    func put(_ line: [UInt8]) -> Outcome {
        let start = put.load(ordering: .relaxed)
        guard line.count <= AccessRing.bytes - (start - taken.load(ordering: .acquiring)) else { return .full }
        let place = start % AccessRing.bytes
        let first = min(line.count, AccessRing.bytes - place)
        line.withUnsafeBytes { bytes in
            // SAFETY: both pieces lie within the ring, as computed, and where nobody reads.
            UnsafeMutableRawBufferPointer(start: memory + place, count: first)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<first]))
            UnsafeMutableRawBufferPointer(start: memory, count: line.count - first)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first...]))
        }
        // Before the look at whether the writer sleeps, in the order of all threads.
        put.store(start + line.count, ordering: .sequentiallyConsistent)
        return .stored
    }

    /// By the writer.
    var isEmpty: Bool {
        put.load(ordering: .sequentiallyConsistent) == taken.load(ordering: .relaxed)
    }

    /// Everything there is, by the writer.
    func take(into lines: inout [UInt8]) {
        let (start, end) = (taken.load(ordering: .relaxed), put.load(ordering: .acquiring))
        let place = start % AccessRing.bytes
        let first = min(end - start, AccessRing.bytes - place)
        // SAFETY: both pieces lie within the ring and hold what was put.
        lines.append(contentsOf: UnsafeRawBufferPointer(start: memory + place, count: first))
        lines.append(contentsOf: UnsafeRawBufferPointer(start: memory, count: end - start - first))
        taken.store(end, ordering: .releasing)
    }
}

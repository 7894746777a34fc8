/// Bytes that wait: received and not yet understood, or due and not yet taken by the peer. Holds memory only while it
/// holds bytes, so an idle connection costs none.
///
/// Its users bound it: nothing is received from a side while what came before still waits (<doc:LifeOfAConnection>).
struct PendingBytes: ~Copyable {
    // SAFETY: owned by this value alone; nil exactly when `capacity` is 0; bytes `start..<start + count` are initialised.
    private var memory: UnsafeMutableRawPointer?
    private var capacity: UInt32 = 0
    private var start: UInt32 = 0
    private var length: UInt32 = 0

    init() {}

    deinit { memory?.deallocate() }

    var isEmpty: Bool { length == 0 }
    var count: Int { Int(length) }

    /// What waits. Valid until the next change.
    var bytes: UnsafeRawBufferPointer {
        // SAFETY: see `memory`; the caller does not keep the pointer beyond its turn.
        guard let memory else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: memory + Int(start), count: Int(length))
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        makeRoom(bytes.count)
        guard let memory else { return }
        // SAFETY: `makeRoom` left that much behind the last byte; the source is another buffer.
        (memory + Int(start + length)).copyMemory(from: source, byteCount: bytes.count)
        length += UInt32(bytes.count)
    }

    /// Takes the first bytes out; gives the memory back when none is left.
    mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= Int(length), "\(count) of \(length) waiting bytes")
        start += UInt32(count)
        length -= UInt32(count)
        if length == 0 { removeAll() }
    }

    mutating func removeAll() {
        memory?.deallocate()
        memory = nil
        capacity = 0
        start = 0
        length = 0
    }

    private mutating func makeRoom(_ count: Int) {
        let needed = Int(length) + count
        if Int(start) + needed <= Int(capacity) { return }
        // Doubling from 1 KiB: a head that comes byte by byte costs a dozen allocations, not thousands.
        var size = max(Int(capacity), 1024)
        while size < needed { size *= 2 }
        let grown = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 1)
        if let memory { grown.copyMemory(from: memory + Int(start), byteCount: Int(length)) }
        memory?.deallocate()
        memory = grown
        capacity = UInt32(size)
        start = 0
    }
}

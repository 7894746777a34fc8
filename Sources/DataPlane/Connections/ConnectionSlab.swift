/// The connections of one reactor: one flat allocation of plain slots, found by index, never moved.
///
/// The memory is reserved for the most connections there can be and touched only as far as they ever were: the kernel
/// gives pages at first use. A slot that is used again keeps its endpoints' generations, so that a late event for its
/// former connection is recognised.
struct ConnectionSlab: ~Copyable {
    /// A slot in place. SAFETY: valid as long as the slab; used on the reactor's own thread only.
    typealias Slot = UnsafeMutablePointer<Connection>

    // SAFETY: owned by this value alone; slots below `prepared` are initialised.
    private let slots: UnsafeMutablePointer<Connection>
    let capacity: Int
    /// Slots that were ever used.
    private(set) var prepared = 0
    private(set) var usedCount = 0
    private var vacant: [Int32] = []

    init(capacity: Int) {
        self.capacity = capacity
        slots = .allocate(capacity: capacity)
    }

    deinit {
        slots.deinitialize(count: prepared)
        slots.deallocate()
    }

    /// A free slot, or nil when all are used.
    mutating func take() -> Slot? {
        if let index = vacant.popLast() {
            usedCount += 1
            return slots + Int(index)
        }
        guard prepared < capacity else { return nil }
        let slot = slots + prepared
        slot.initialize(to: Connection(index: prepared))
        prepared += 1
        usedCount += 1
        return slot
    }

    /// Gives a slot back; its descriptors and bytes are gone already.
    mutating func giveBack(_ slot: Slot) {
        vacant.append(Int32(slot.pointee.index))
        usedCount -= 1
    }

    /// The slot of this index, used or not; nil for one that never was.
    func slot(_ index: Int) -> Slot? {
        guard index >= 0, index < prepared else { return nil }
        return slots + index
    }
}

/// One deadline for each slot of a reactor, in a hashed wheel (Varghese and Lauck, 1987): setting, moving and clearing one
/// costs a few stores, whatever their number.
///
/// Moving a deadline to later, which every request does, only stores it: the slot stays in its old bucket, and is put into
/// the right one when that comes round. A value without a clock: time comes in, due slots go out.
struct DeadlineWheel: ~Copyable {
    /// 2^26 ns: 67 ms. Deadlines are whole seconds; none needs better.
    private static let tickShift: UInt64 = 26
    /// One turn is 69 s; what lies further ahead is looked at once a turn.
    private static let buckets = 1024
    private static let words = buckets / 64
    private static let none = UInt32.max

    private struct Link {
        /// Nanoseconds; 0: not armed.
        var deadline: UInt64
        /// The tick whose bucket holds it; meaningful while armed.
        var tick: UInt64
        var next: UInt32
        var previous: UInt32
    }

    // SAFETY: owned by this value alone. Links below `prepared` are initialised; Link is trivial. The memory is taken
    // from the kernel page by page as slots come into use.
    private let links: UnsafeMutablePointer<Link>
    private let capacity: Int
    private var prepared = 0
    private let heads: UnsafeMutablePointer<UInt32>
    /// One bit for each bucket: whether it holds anything. Every wait asks for the next one that does, and deadlines lie a
    /// thousand empty buckets ahead.
    private let occupied: UnsafeMutablePointer<UInt64>
    /// The last tick whose bucket was emptied.
    private var tick: UInt64
    private(set) var armedCount = 0

    init(capacity: Int, now: UInt64) {
        self.capacity = capacity
        links = .allocate(capacity: capacity)
        heads = .allocate(capacity: DeadlineWheel.buckets)
        heads.initialize(repeating: DeadlineWheel.none, count: DeadlineWheel.buckets)
        occupied = .allocate(capacity: DeadlineWheel.words)
        occupied.initialize(repeating: 0, count: DeadlineWheel.words)
        tick = now >> DeadlineWheel.tickShift
    }

    deinit {
        links.deallocate()
        heads.deallocate()
        occupied.deallocate()
    }

    /// Sets the slot's only deadline, in nanoseconds.
    mutating func arm(_ slot: Int, at deadline: UInt64) {
        precondition(slot >= 0 && slot < capacity, "slot \(slot) of \(capacity)")
        while prepared <= slot {
            (links + prepared).initialize(to: Link(deadline: 0, tick: 0, next: Self.none, previous: Self.none))
            prepared += 1
        }
        let due = bucketTick(for: deadline)
        if links[slot].deadline != 0 {
            guard due < links[slot].tick else {
                links[slot].deadline = deadline
                return
            }
            unlink(slot)
        } else {
            armedCount += 1
        }
        links[slot].deadline = deadline
        link(slot, at: due)
    }

    mutating func disarm(_ slot: Int) {
        guard slot < prepared, links[slot].deadline != 0 else { return }
        unlink(slot)
        links[slot].deadline = 0
        armedCount -= 1
    }

    /// Clears and returns one slot whose deadline has passed; nil when none is left.
    mutating func next(now: UInt64) -> Int? {
        let current = now >> Self.tickShift
        // After a long sleep one turn visits every bucket; the older ticks hold nothing else.
        if current > tick + UInt64(Self.buckets) { tick = current - UInt64(Self.buckets) }
        while tick < current {
            let bucket = Int((tick + 1) % UInt64(Self.buckets))
            var candidate = heads[bucket]
            while candidate != Self.none {
                let slot = Int(candidate)
                candidate = links[slot].next
                unlink(slot)
                guard links[slot].deadline > now else {
                    links[slot].deadline = 0
                    armedCount -= 1
                    return slot
                }
                // Moved to later, or more than a turn ahead: to the bucket it belongs to now, never to this one again.
                link(slot, at: max(bucketTick(for: links[slot].deadline), current + 1))
            }
            tick += 1
        }
        return nil
    }

    /// Milliseconds until `next` may have something, for epoll_wait(2); -1 when nothing is armed.
    func waitMilliseconds(now: UInt64) -> Int32 {
        guard armedCount > 0 else { return -1 }
        let due = (tick + ticksAhead) << Self.tickShift
        return due <= now ? 0 : Int32(truncatingIfNeeded: (due - now) / 1_000_000 + 1)
    }

    /// From the last tick to the next whose bucket holds anything; a whole turn when none does.
    private var ticksAhead: UInt64 {
        let first = Int((tick + 1) % UInt64(Self.buckets))
        var word = first / 64
        var bits = occupied[word] & (UInt64.max << UInt64(first % 64))
        // Once round, and the part of the first word that was masked.
        for _ in 0...Self.words {
            if bits != 0 {
                let bucket = word * 64 + bits.trailingZeroBitCount
                return UInt64((bucket - first + Self.buckets) % Self.buckets) + 1
            }
            word = (word + 1) % Self.words
            bits = occupied[word]
        }
        return UInt64(Self.buckets)
    }

    /// The first tick at which `deadline` has passed, within one turn from here.
    private func bucketTick(for deadline: UInt64) -> UInt64 {
        min(max((deadline >> Self.tickShift) + 1, tick + 1), tick + UInt64(Self.buckets) - 1)
    }

    private mutating func link(_ slot: Int, at due: UInt64) {
        let bucket = Int(due % UInt64(Self.buckets))
        links[slot].tick = due
        links[slot].previous = Self.none
        links[slot].next = heads[bucket]
        if heads[bucket] != Self.none { links[Int(heads[bucket])].previous = UInt32(slot) }
        heads[bucket] = UInt32(slot)
        occupied[bucket / 64] |= 1 << UInt64(bucket % 64)
    }

    private mutating func unlink(_ slot: Int) {
        let link = links[slot]
        if link.previous == Self.none {
            let bucket = Int(link.tick % UInt64(Self.buckets))
            heads[bucket] = link.next
            if link.next == Self.none { occupied[bucket / 64] &= ~(1 << UInt64(bucket % 64)) }
        } else {
            links[Int(link.previous)].next = link.next
        }
        if link.next != Self.none { links[Int(link.next)].previous = link.previous }
    }
}

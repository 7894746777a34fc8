/// One part of the session table: sessions by id, and in the order of their last use. A value without lock or clock.
///
/// All entries have the same time to live, so the least recently used is always the next to expire: expiry and the bound
/// both take from that end, a step or two with each new session, never a sweep.
package struct SessionShard: Sendable {
    private struct Entry: BitwiseCopyable {
        var key: SessionKey
        var node: NodeTraffic.Serial
        /// Nanoseconds of CLOCK_MONOTONIC.
        var lastUse: UInt64
        /// In the bucket's chain; in the list of vacant entries when unused.
        var next: UInt32
        var newer: UInt32
        var older: UInt32
    }

    private static let none = UInt32.max
    /// Expired entries that one new session removes: more than one, so that they become fewer.
    private static let expiredPerInsertion = 2

    private let capacity: Int
    private let idle: UInt64
    private var entries: [Entry] = []
    private var buckets: [UInt32]
    private var vacant = SessionShard.none
    private var newest = SessionShard.none
    private var oldest = SessionShard.none
    /// Sessions held, expired ones included until they are met.
    package private(set) var count = 0

    /// - Parameters:
    ///   - capacity: sessions at most, at least one; above: the least recently used makes room.
    ///   - idle: nanoseconds since the last use after which a session is forgotten.
    package init(capacity: Int, idle: UInt64) {
        self.capacity = max(capacity, 1)
        self.idle = idle
        var size = 8
        while size < self.capacity { size *= 2 }
        buckets = Array(repeating: SessionShard.none, count: size)
    }

    /// Notes who issued a session; a known session moves to that node.
    package mutating func learn(_ key: SessionKey, node: NodeTraffic.Serial, now: UInt64) {
        if let index = find(key) {
            entries[index].node = node
            touch(index, now: now)
            return
        }
        for _ in 0..<SessionShard.expiredPerInsertion where oldest != SessionShard.none {
            guard isExpired(Int(oldest), now: now) else { break }
            remove(Int(oldest))
        }
        if count == capacity { remove(Int(oldest)) }
        insert(key, node: node, now: now)
    }

    /// Who issued the session; it counts as used. Nil when it is unknown or was not used for too long.
    package mutating func node(of key: SessionKey, now: UInt64) -> NodeTraffic.Serial? {
        guard let index = find(key) else { return nil }
        guard !isExpired(index, now: now) else {
            remove(index)
            return nil
        }
        touch(index, now: now)
        return entries[index].node
    }

    /// Nothing happens when it is unknown.
    package mutating func forget(_ key: SessionKey) {
        if let index = find(key) { remove(index) }
    }

    private func isExpired(_ index: Int, now: UInt64) -> Bool {
        // A reactor's time may be a moment behind another's.
        now > entries[index].lastUse && now - entries[index].lastUse > idle
    }

    /// The low bits chose the shard; the bucket takes others.
    private func bucket(of key: SessionKey) -> Int { Int(truncatingIfNeeded: key.hash >> 32) & (buckets.count - 1) }

    private func find(_ key: SessionKey) -> Int? {
        var candidate = buckets[bucket(of: key)]
        while candidate != SessionShard.none {
            if entries[Int(candidate)].key == key { return Int(candidate) }
            candidate = entries[Int(candidate)].next
        }
        return nil
    }

    private mutating func insert(_ key: SessionKey, node: NodeTraffic.Serial, now: UInt64) {
        let bucket = bucket(of: key)
        let entry = Entry(
            key: key, node: node, lastUse: now, next: buckets[bucket], newer: SessionShard.none, older: newest)
        let index: Int
        if vacant == SessionShard.none {
            index = entries.count
            entries.append(entry)
        } else {
            index = Int(vacant)
            vacant = entries[index].next
            entries[index] = entry
        }
        buckets[bucket] = UInt32(index)
        linkNewest(index)
        count += 1
    }

    private mutating func remove(_ index: Int) {
        let bucket = bucket(of: entries[index].key)
        if buckets[bucket] == UInt32(index) {
            buckets[bucket] = entries[index].next
        } else {
            var before = Int(buckets[bucket])
            while entries[before].next != UInt32(index) { before = Int(entries[before].next) }
            entries[before].next = entries[index].next
        }
        unlink(index)
        entries[index].next = vacant
        vacant = UInt32(index)
        count -= 1
    }

    private mutating func touch(_ index: Int, now: UInt64) {
        entries[index].lastUse = max(now, entries[index].lastUse)
        guard newest != UInt32(index) else { return }
        unlink(index)
        linkNewest(index)
    }

    private mutating func linkNewest(_ index: Int) {
        entries[index].older = newest
        entries[index].newer = SessionShard.none
        if newest == SessionShard.none { oldest = UInt32(index) } else { entries[Int(newest)].newer = UInt32(index) }
        newest = UInt32(index)
    }

    private mutating func unlink(_ index: Int) {
        let (newer, older) = (entries[index].newer, entries[index].older)
        if newer == SessionShard.none { newest = older } else { entries[Int(newer)].older = older }
        if older == SessionShard.none { oldest = newer } else { entries[Int(older)].newer = newer }
    }
}

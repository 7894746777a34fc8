/// The upstream connections of one reactor: which client connection uses each, and those that wait for a request.
///
/// An upstream connection is registered with epoll once, under a record of its own that lasts as long as it does, so it
/// goes from client to client without a system call: only the record's `user` changes. While a client uses it, the
/// client's slot owns the descriptor; while it is idle, the record does.
///
/// The idle ones of a target are a stack: the youngest is the least likely to be closed by the node just now. All idle
/// ones together are also a queue by age, whose head has the next deadline and is the first to go when there are too many.
struct UpstreamPool: ~Copyable {
    /// Idle connections to one target; above: the oldest of them goes. A pool smaller than the requests in flight opens and
    /// closes connections all the time: with 50 clients on one node, 32 cost 16.6 µs a request and 128 cost 11.5.
    static let idlePerTarget = 128
    /// Idle connections in all; above: the oldest goes. They come on top of the descriptors that clients use.
    static let idleInAll = 1024

    /// Whom an event is for.
    enum Holder: Equatable {
        /// Its connection has gone.
        case nobody
        case idle(record: Int)
        case connection(Int)
    }

    private struct Links {
        var before = UpstreamPool.none
        var after = UpstreamPool.none
    }

    private struct Record: ~Copyable {
        /// Changes when the connection goes, so that a late event for it is recognised.
        var generation: UInt32 = 0
        /// The slab index of its client, or one of the two below.
        var user = UpstreamPool.vacant
        var target = UpstreamTarget.none
        /// `NodeDirectory.Entry.edition` when it was opened.
        var edition: UInt32 = 0
        /// Owns the descriptor while idle.
        var endpoint = Endpoint()
        var idleSince: UInt64 = 0
        /// Among the idle ones of its target; `before` is the younger. While vacant, `after` is the next vacant record.
        var peers = Links()
        /// Among all idle ones; `before` is the older.
        var ages = Links()
    }

    private struct Stack {
        var youngest = UpstreamPool.none
        var oldest = UpstreamPool.none
        var count = 0
    }

    private static let none: Int32 = -1
    private static let vacant: Int32 = -1
    private static let idle: Int32 = -2

    // SAFETY: owned by this value alone, used on the reactor's thread only; records below `prepared` are initialised.
    private let records: UnsafeMutablePointer<Record>
    private let capacity: Int
    private var prepared = 0
    private var firstVacant = UpstreamPool.none
    /// By target: the control API, then the directory's nodes.
    private var stacks: [Stack] = []
    private var oldest = UpstreamPool.none
    private var youngest = UpstreamPool.none
    private(set) var idleCount = 0
    /// How long one may be idle, in nanoseconds.
    private let idleSpan: UInt64

    /// - Parameter users: client connections at once; each uses one upstream connection at most.
    init(users: Int, idleSpan: UInt64) {
        capacity = users + UpstreamPool.idleInAll + 1
        records = .allocate(capacity: capacity)
        self.idleSpan = idleSpan
    }

    deinit {
        records.deinitialize(count: prepared)
        records.deallocate()
    }

    // MARK: Life of a record

    /// A record for a connection that `user` has just opened, until `leave`.
    mutating func enter(_ user: Int, _ target: UpstreamTarget, edition: UInt32) -> Int {
        let record: Int
        if firstVacant != UpstreamPool.none {
            record = Int(firstVacant)
            firstVacant = records[record].peers.after
        } else {
            precondition(prepared < capacity, "more than \(capacity) upstream connections")
            record = prepared
            (records + record).initialize(to: Record())
            prepared += 1
        }
        records[record].user = Int32(user)
        records[record].target = target
        records[record].edition = edition
        return record
    }

    /// The connection is closed.
    mutating func leave(_ record: Int) {
        records[record].generation &+= 1
        records[record].user = UpstreamPool.vacant
        records[record].peers = Links(before: UpstreamPool.none, after: firstVacant)
        firstVacant = Int32(record)
    }

    /// What its events carry.
    func token(of record: Int) -> EventToken {
        EventToken(role: .upstream, index: record, generation: records[record].generation)
    }

    func holder(of token: EventToken) -> Holder {
        let record = token.index
        guard record < prepared, records[record].generation == token.generation else { return .nobody }
        switch records[record].user {
        case UpstreamPool.vacant: return .nobody
        case UpstreamPool.idle: return .idle(record: record)
        case let user: return .connection(Int(user))
        }
    }

    func target(of record: Int) -> UpstreamTarget { records[record].target }

    func edition(of record: Int) -> UInt32 { records[record].edition }

    // MARK: Idle connections

    /// Takes over a connection between requests.
    mutating func giveBack(_ record: Int, _ endpoint: inout Endpoint, now: UInt64) {
        let place = place(of: records[record].target)
        while stacks.count <= place { stacks.append(Stack()) }
        if stacks[place].count >= UpstreamPool.idlePerTarget { closeIdle(Int(stacks[place].oldest)) }
        if idleCount >= UpstreamPool.idleInAll { closeIdle(Int(oldest)) }
        swap(&records[record].endpoint, &endpoint)
        records[record].user = UpstreamPool.idle
        records[record].idleSince = now
        push(record, place)
    }

    /// The youngest idle connection to a target that has been idle for less than `span`; nil when there is none.
    func youngest(_ target: UpstreamTarget, idleFor span: UInt64, now: UInt64) -> Int? {
        let place = place(of: target)
        guard place < stacks.count, stacks[place].youngest != UpstreamPool.none else { return nil }
        let record = Int(stacks[place].youngest)
        return now < records[record].idleSince + min(span, idleSpan) ? record : nil
    }

    /// Hands an idle connection to a client.
    mutating func lend(_ record: Int, to user: Int, as endpoint: inout Endpoint) {
        unlink(record)
        swap(&records[record].endpoint, &endpoint)
        records[record].user = Int32(user)
    }

    /// Whether an idle connection is still open and silent; asks the kernel.
    func isAlive(idle record: Int) -> Bool { SystemCall.isIdleAndOpen(records[record].endpoint.number) }

    /// How long an idle connection has been idle, in nanoseconds.
    func age(idle record: Int, now: UInt64) -> UInt64 { now - records[record].idleSince }

    mutating func closeIdle(_ record: Int) {
        unlink(record)
        records[record].endpoint.close()
        leave(record)
    }

    /// Gives up the connection that was idle for longest, so that its descriptor is free.
    /// - Returns: whether there was one.
    mutating func closeOldest() -> Bool {
        guard oldest != UpstreamPool.none else { return false }
        closeIdle(Int(oldest))
        return true
    }

    /// Closes those that have been idle for too long.
    mutating func closeExpired(now: UInt64) {
        while oldest != UpstreamPool.none, records[Int(oldest)].idleSince + idleSpan <= now { closeIdle(Int(oldest)) }
    }

    /// Closes the idle connections that no request may use any more.
    /// - Parameter current: the edition that a node's connections must have.
    mutating func closeOutdated(current: (Int) -> UInt32) {
        var candidate = oldest
        while candidate != UpstreamPool.none {
            let record = Int(candidate)
            candidate = records[record].ages.after
            guard case .node(let node) = records[record].target, current(node) != records[record].edition else {
                continue
            }
            closeIdle(record)
        }
    }

    mutating func closeAllIdle() { while closeOldest() {} }

    /// When the next idle connection is due to be closed, in nanoseconds; nil when none is idle.
    var nextDeadline: UInt64? {
        oldest == UpstreamPool.none ? nil : records[Int(oldest)].idleSince + idleSpan
    }

    // MARK: The two lists

    private func place(of target: UpstreamTarget) -> Int {
        switch target {
        case .none, .controlAPI: 0
        case .node(let node): node + 1
        }
    }

    private mutating func push(_ record: Int, _ place: Int) {
        let number = Int32(record)
        let below = stacks[place].youngest
        records[record].peers = Links(before: UpstreamPool.none, after: below)
        if below == UpstreamPool.none {
            stacks[place].oldest = number
        } else {
            records[Int(below)].peers.before = number
        }
        stacks[place].youngest = number
        stacks[place].count += 1

        records[record].ages = Links(before: youngest, after: UpstreamPool.none)
        if youngest == UpstreamPool.none { oldest = number } else { records[Int(youngest)].ages.after = number }
        youngest = number
        idleCount += 1
    }

    private mutating func unlink(_ record: Int) {
        let place = place(of: records[record].target)
        let peers = records[record].peers
        if peers.before == UpstreamPool.none {
            stacks[place].youngest = peers.after
        } else {
            records[Int(peers.before)].peers.after = peers.after
        }
        if peers.after == UpstreamPool.none {
            stacks[place].oldest = peers.before
        } else {
            records[Int(peers.after)].peers.before = peers.before
        }
        stacks[place].count -= 1

        let ages = records[record].ages
        if ages.before == UpstreamPool.none {
            oldest = ages.after
        } else {
            records[Int(ages.before)].ages.after = ages.after
        }
        if ages.after == UpstreamPool.none {
            youngest = ages.before
        } else {
            records[Int(ages.after)].ages.before = ages.before
        }
        idleCount -= 1
    }
}

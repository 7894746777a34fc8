import CLinux
import ClusterCore
import Glibc
import HTTPFraming
import Logging
import Synchronization

/// One thread's share of the data plane: its listeners, epoll instance, connections, deadlines and scratch buffers.
/// Nothing of it is touched by another thread, except its mailbox and its counters.
///
/// A turn: wait for events; take over a newer routing table, if any; carry out commands; serve the connections that have
/// events, then those that had more to do than one turn allows; let the deadlines that passed have their effect.
final class Reactor {
    typealias Slot = ConnectionSlab.Slot

    let configuration: DataPlaneConfiguration
    let deadlines: DeadlineSpans
    let mailbox: ReactorMailbox
    let publisher: RoutingTablePublisher
    let budget: ConnectionBudget
    let census: ClientCensus
    let facts: TrafficFacts
    let sessions: SessionTable
    let controlSocket: UnixSocketPath
    let logger: Logger
    /// nil: no access log is kept.
    let access: AccessRecorder?

    let epoll: Descriptor
    /// Listeners by index; emptied when draining has handed over.
    var listeners: ListenerSet
    /// When the listeners are closed; meaningful while draining.
    var listenUntil: UInt64 = 0
    /// When what a predecessor asked of the kernel is to be undone next.
    var spreadDue: UInt64
    /// Kept open so that it can be given up when no descriptor is free: accept(2) then works once more, and the client
    /// is turned away instead of the listener spinning.
    var reserve: Descriptor?
    var slab: ConnectionSlab
    var wheel: DeadlineWheel
    let directory: NodeDirectory
    var upstreams: UpstreamPool
    var pipes = PipePool()
    /// Tokens of connections that have more to do at once; and those of the turn before, while they are served.
    var queued: [EventToken] = []
    private var serving: [EventToken] = []
    /// Bytes that went through pipes for the connection that is being served.
    var splicedBytes = 0
    /// Slots of connections that are being told that there are too many.
    var turnedAwayCount = 0
    /// When the listeners are watched again, which were left alone because no descriptor was free; nil: they are watched.
    var listenAgain: UInt64?
    /// Lines about PROXY protocol headers: a trusted proxy's that cannot be read, and those that nobody asked for.
    var malformedHeaders = LogPace()
    var unwantedHeaders = LogPace()
    /// The time of this turn, in monotonic nanoseconds.
    var now: UInt64
    var isDraining = false
    private var hasFailed = false
    /// In a row with as many events as one call tells of, so that more may be waiting.
    private var fullTurns = 0
    /// When exchanges that are still in progress are broken off; meaningful while draining.
    var drainUntil: UInt64 = 0

    /// Where received bytes land first.
    let incoming: ScratchBuffer
    /// Where a head, and what follows it, is put together for one send.
    let outgoing: ScratchBuffer
    var requestFields = HeadFieldTable(capacity: FramingLimits.requestFields)
    var responseFields = HeadFieldTable(capacity: FramingLimits.responseFields)

    init(
        _ configuration: DataPlaneConfiguration, listeners: consuming ListenerSet, controlSocket: UnixSocketPath,
        publisher: RoutingTablePublisher, budget: ConnectionBudget, census: ClientCensus, facts: TrafficFacts,
        sessions: SessionTable, access: AccessRecorder?, logger: Logger
    ) throws(SystemError) {
        self.configuration = configuration
        deadlines = DeadlineSpans(configuration.limits)
        mailbox = try ReactorMailbox()
        self.publisher = publisher
        self.budget = budget
        self.census = census
        self.facts = facts
        self.sessions = sessions
        self.controlSocket = controlSocket
        self.logger = logger
        self.access = access
        epoll = Descriptor(owning: try SystemCall.retryingShim { clinux_epoll_create() }.get())
        self.listeners = listeners
        now = SystemCall.now
        spreadDue = now + Reactor.spreadSpan
        // Any reactor may get all the connections there may be; those being turned away come on top.
        let capacity = budget.limit + Reactor.turnedAwaySlots
        slab = ConnectionSlab(capacity: capacity)
        wheel = DeadlineWheel(capacity: capacity, now: now)
        directory = NodeDirectory(policy: configuration.selection, seed: UInt64.random(in: .min ... .max))
        upstreams = UpstreamPool(users: capacity, idleSpan: deadlines.keptUpstream)
        incoming = ScratchBuffer(bytes: Reactor.receiveBytes)
        outgoing = ScratchBuffer(bytes: Reactor.assemblyBytes)
        reserve = Reactor.openReserve()
        try register(mailbox.descriptor, token: EventToken(role: .wake, index: 0, generation: 0))
        for index in 0..<self.listeners.count {
            try registerListener(index)
        }
    }

    /// Taken from a side at a time. What cannot be passed on waits with the head's stamps before it, within
    /// `DataPlaneLimits.relayBytes` a direction.
    static let receiveBytes = DataPlaneLimits.relayBytes - 4 * 1024
    /// Room for the longest head, its stamps, and a full receive buffer behind it.
    static let assemblyBytes = 160 * 1024
    /// Connections that are being told that there are too many; above: closed without a word.
    static let turnedAwaySlots = 64
    /// Steps of one connection in one turn; above: the others come first.
    static let stepsPerTurn = 64
    /// Turns with a full batch of events after which deadlines count all the same: more than 16 000 events.
    static let fullTurnsAtMost = 64
    /// Bytes spliced for one connection in one turn, a pipe more at most; above: the same. About half a millisecond.
    static let splicedPerTurn = 2 * 1024 * 1024

    private func register(_ descriptor: Int32, token: EventToken) throws(SystemError) {
        _ = try SystemCall.retryingShim { clinux_epoll_add_level(epoll.number, descriptor, token.bits) }.get()
    }

    func registerListener(_ index: Int) throws(SystemError) {
        let token = EventToken(role: .listener, index: index, generation: 0)
        let number = listeners.descriptor(index)
        switch listeners.provenance(index) {
        case .bound: try register(number, token: token)
        case .inherited:
            _ = try SystemCall.retryingShim { clinux_epoll_add_shared(epoll.number, number, token.bits) }.get()
        }
    }

    static func openReserve() -> Descriptor? {
        switch SystemCall.retrying({ Int(open("/dev/null", O_RDONLY | O_CLOEXEC)) }) {
        case .success(let number): Descriptor(owning: Int32(number))
        case .failure: nil
        }
    }

    // MARK: The loop

    /// Runs until it is told to stop, or has drained.
    func run() {
        takeTableIfNewer()
        withUnsafeTemporaryAllocation(of: clinux_event.self, capacity: Int(clinux_event_batch)) { events in
            while !hasFailed, mailbox.command != .stop, !hasDrained { turn(events) }
        }
        closeAll()
    }

    private var hasDrained: Bool { isDraining && slab.usedCount == 0 && listeners.count == 0 }

    private func turn(_ events: UnsafeMutableBufferPointer<clinux_event>) {
        let wait = queued.isEmpty ? waitMilliseconds : 0
        let count: Int
        switch SystemCall.retryingShim({
            // SAFETY: the buffer is `clinux_event_batch` long and lives for the call.
            clinux_epoll_wait(epoll.number, events.baseAddress, Int32(events.count), wait)
        }) {
        case .success(let number): count = Int(number)
        case .failure(let error):
            // Only a descriptor or an address that is none (epoll_wait(2)): this reactor can learn of nothing any more.
            logger.critical("reactor ends: epoll_wait failed", metadata: ["error": "\(error)"])
            hasFailed = true
            return
        }
        now = SystemCall.now
        lookAround()
        for index in 0..<count { handle(EventToken(bits: events[index].token), events[index].readiness) }
        serveQueued()
        if mayExpire(afterEvents: count) {
            while let index = wheel.next(now: now) {
                if let slot = slab.slot(index) { deadlinePassed(slot) }
            }
        }
        upstreams.closeExpired(now: now)
        listenAgainIfDue()
        facts.leasedPipes.store(pipes.leasedCount, ordering: .relaxed)
        facts.turns.wrappingAdd(1, ordering: .relaxed)
        if isDraining, listeners.count > 0, now >= listenUntil { stopListening() }
    }

    /// Whether deadlines count now. After the process stood still, what came in time waits behind a full batch of events:
    /// that is looked at first.
    private func mayExpire(afterEvents count: Int) -> Bool {
        guard count == Int(clinux_event_batch), fullTurns < Reactor.fullTurnsAtMost else {
            fullTurns = 0
            return true
        }
        fullTurns += 1
        return false
    }

    /// Takes what other threads have said.
    private func lookAround() {
        takeTableIfNewer()
        if mailbox.command == .drain, !isDraining { beginDraining() }
    }

    /// How long nothing is due. Reckoned from the time of the last turn: what that took is at most waited too long, and
    /// saves reading the clock twice.
    private var waitMilliseconds: Int32 {
        var wait = wheel.waitMilliseconds(now: now)
        if let due = upstreams.nextDeadline { wait = sooner(wait, due) }
        if isDraining, listeners.count > 0 { wait = sooner(wait, listenUntil) }
        if let listenAgain { wait = sooner(wait, listenAgain) }
        return wait
    }

    private func sooner(_ wait: Int32, _ due: UInt64) -> Int32 {
        let span = due <= now ? 0 : Int32(clamping: (due - now) / 1_000_000 + 1)
        return wait < 0 ? span : min(wait, span)
    }

    private func handle(_ token: EventToken, _ readiness: UInt32) {
        switch token.role {
        case .wake:
            mailbox.acknowledge()
            // Again: what was said since the turn began, its wake-up is in the counter that was just reset.
            lookAround()
        case .listener: accept(from: token.index)
        case .client:
            guard let slot = clientSlot(of: token) else {
                facts.staleEvents.wrappingAdd(1, ordering: .relaxed)
                return
            }
            note(readiness, of: .client, on: slot)
        case .upstream:
            switch upstreams.holder(of: token) {
            case .nobody: facts.staleEvents.wrappingAdd(1, ordering: .relaxed)
            case .idle(let record): idleUpstreamSpoke(record, readiness)
            case .connection(let index):
                if let slot = slab.slot(index) { note(readiness, of: .upstream, on: slot) }
            }
        }
    }

    /// The connection that a client's token stands for; nil when that has gone.
    private func clientSlot(of token: EventToken) -> Slot? {
        guard let slot = slab.slot(token.index), slot.pointee.client.isOpen,
            slot.pointee.client.generation == token.generation
        else { return nil }
        return slot
    }

    private func serveQueued() {
        guard !queued.isEmpty else { return }
        swap(&queued, &serving)
        for token in serving {
            guard let slot = clientSlot(of: token) else { continue }
            slot.pointee.isQueued = false
            serve(slot)
        }
        serving.removeAll(keepingCapacity: true)
    }

    /// Has the connection served again in the next turn, after everybody else.
    func enqueue(_ slot: Slot) {
        guard !slot.pointee.isQueued else { return }
        slot.pointee.isQueued = true
        queued.append(
            EventToken(role: .client, index: slot.pointee.index, generation: slot.pointee.client.generation))
    }

    /// Takes over the latest routing table, and lets go of nodes that went away with it.
    private func takeTableIfNewer() {
        guard publisher.generation != directory.generation else { return }
        let lost = directory.update(to: publisher.table)
        upstreams.closeOutdated { directory.entries[$0].edition }
        guard !lost.isEmpty else { return }
        var tallies = lost.map { (node: $0, connections: 0, cut: 0) }
        for index in 0..<slab.prepared {
            guard let slot = slab.slot(index), case .node(let node) = slot.pointee.target,
                let place = lost.firstIndex(of: node)
            else { continue }
            let cut = facts.cut.load(ordering: .relaxed)
            nodeLost(slot)
            tallies[place].connections += 1
            tallies[place].cut += facts.cut.load(ordering: .relaxed) - cut
        }
        for (node, connections, cut) in tallies where connections > 0 {
            logger.warning(
                "a node was given up: what it was working on goes elsewhere or is cut",
                metadata: [
                    "node": "\(directory.entries[node].id.text)", "connections": "\(connections)", "cut": "\(cut)",
                ])
        }
    }

    private func closeAll() {
        for index in 0..<slab.prepared {
            if let slot = slab.slot(index), slot.pointee.phase != .vacant { closeConnection(slot) }
        }
        upstreams.closeAllIdle()
        facts.leasedPipes.store(pipes.leasedCount, ordering: .relaxed)
        listeners.removeAll()
    }
}

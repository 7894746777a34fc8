package import ClusterCore

/// Which node is probed when, and what its judge says: the prober's decisions, without clock or network.
///
/// A node is *suspect* while its judgement is changing, its report is overdue or a client's connect to it failed: then
/// a probe has a short timeout, and starting one abandons a patient one that is still under way.
package struct ProbeBoard: Sendable {
    package struct Limits: Sendable, Equatable {
        package var judge: HealthJudge.Limits
        package var timeout: Duration
        package var suspectTimeout: Duration
        package var inFlight: Int

        package init(judge: HealthJudge.Limits, timeout: Duration, suspectTimeout: Duration, inFlight: Int) {
            self.judge = judge
            self.timeout = timeout
            self.suspectTimeout = suspectTimeout
            self.inFlight = inFlight
        }
    }

    package enum Occasion: Sendable, Equatable {
        case routine
        /// The node is suspect, or nobody has seen it yet.
        case suspicion
    }

    /// One probe to make now.
    package struct Order: Sendable, Equatable {
        package let node: NodeID
        package let address: NodeAddress
        package let timeout: Duration
        package let occasion: Occasion
        /// Names this probe: the result of one that was abandoned meanwhile is dropped.
        package let ticket: UInt64

        package init(
            node: NodeID, address: NodeAddress, timeout: Duration, occasion: Occasion, ticket: UInt64
        ) {
            self.node = node
            self.address = address
            self.timeout = timeout
            self.occasion = occasion
            self.ticket = ticket
        }
    }

    /// What a balancer's own probes say of a node.
    package struct Finding: Sendable, Equatable {
        package let status: NodeStatus
        package let okStreak: Int
        package let failStreak: Int
        package let last: ProbeResult
    }

    private struct Entry: Sendable {
        var address: NodeAddress
        var judge: HealthJudge
        var last: ProbeResult?
        var due: ContinuousClock.Instant
        var isHurried = false
        /// Of the probe under way, with its timeout.
        var underWay: (ticket: UInt64, timeout: Duration)?
    }

    private let limits: Limits
    private var entries: [NodeID: Entry] = [:]
    private var lastTicket: UInt64 = 0
    /// Abandoned probes hold a descriptor until their own deadline: they count.
    private var inFlight = 0

    package init(limits: Limits) { self.limits = limits }

    /// Takes the nodes there are. A node with another address is judged anew from what the database says; one without
    /// an address is not probed.
    package mutating func follow(_ nodes: [NodeRecord], now: ContinuousClock.Instant) {
        var next: [NodeID: Entry] = [:]
        for node in nodes {
            guard let address = node.address else { continue }
            if let known = entries[node.id], known.address == address {
                next[node.id] = known
            } else {
                let judge = HealthJudge(startingAs: node.believedStatus(limits.judge), limits: limits.judge)
                next[node.id] = Entry(address: address, judge: judge, due: now)
            }
        }
        entries = next
    }

    /// Something speaks against the node: probe it at once and impatiently. Nothing happens when it is known to be
    /// offline already: clients that keep trying it must not make us hammer it.
    package mutating func hurry(_ node: NodeID, now: ContinuousClock.Instant) {
        guard var entry = entries[node], !entry.isHurried, entry.judge.status != .offline else { return }
        entry.isHurried = true
        entry.due = now
        entries[node] = entry
    }

    /// The probes to start now, longest overdue first, as many as may be in flight.
    package mutating func take(now: ContinuousClock.Instant) -> [Order] {
        let room = limits.inFlight - inFlight
        guard room > 0 else { return [] }
        let due = entries.filter { $0.value.due <= now && isStartable($0.value) }
            .sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
        return due.prefix(room).compactMap { start($0.key) }
    }

    /// A probe of every node, now, for somebody who waits for the answers.
    package mutating func takeAll() -> [Order] {
        entries.keys.sorted().compactMap { start($0) }
    }

    private func isStartable(_ entry: Entry) -> Bool {
        guard let underWay = entry.underWay else { return true }
        return entry.isHurried && underWay.timeout > limits.suspectTimeout
    }

    private mutating func start(_ node: NodeID) -> Order? {
        guard var entry = entries[node] else { return nil }
        let isSuspect = entry.isHurried || entry.judge.failStreak > 0
        let timeout = isSuspect ? min(limits.suspectTimeout, limits.timeout) : limits.timeout
        lastTicket += 1
        inFlight += 1
        entry.underWay = (lastTicket, timeout)
        entry.isHurried = false
        entries[node] = entry
        let isRoutine = !isSuspect && entry.judge.status == .online && entry.last != nil
        return Order(
            node: node, address: entry.address, timeout: timeout, occasion: isRoutine ? .routine : .suspicion,
            ticket: lastTicket)
    }

    /// Takes the answer to an order, every order exactly once.
    /// - Parameter draw: a random number of 0 to 1, for the jitter.
    /// - Returns: nil when the probe was abandoned meanwhile or its node is gone; else what the judge made of it.
    package mutating func record(
        _ result: ProbeResult, for order: Order, now: ContinuousClock.Instant, draw: Double
    ) -> HealthJudge.Verdict? {
        inFlight -= 1
        guard var entry = entries[order.node], entry.underWay?.ticket == order.ticket else { return nil }
        let verdict = entry.judge.record(result.finding)
        entry.last = result
        entry.underWay = nil
        entry.due = entry.isHurried ? now : now + Jitter.spread(entry.judge.interval, draw: draw)
        entries[order.node] = entry
        return verdict
    }

    /// An order that will have no answer.
    package mutating func abandon(_ order: Order) {
        inFlight -= 1
        guard entries[order.node]?.underWay?.ticket == order.ticket else { return }
        entries[order.node]?.underWay = nil
    }

    /// Nil before the first answer.
    package func finding(of node: NodeID) -> Finding? {
        guard let entry = entries[node], let last = entry.last else { return nil }
        return Finding(
            status: entry.judge.status, okStreak: entry.judge.okStreak, failStreak: entry.judge.failStreak, last: last)
    }
}

package import ClusterCore

/// Which node is probed when, and what its judge says: the prober's decisions, without clock or network.
///
/// A node is *suspect* while it is about to be judged offline, its report is overdue or a client's connect to it failed: then
/// a probe has a short timeout, and starting one abandons a patient one that is still under way. A node that is always slow
/// gets twice the time of its last good answer, so that suspicion alone condemns nobody, and one that is offline already the
/// whole time: a good answer that takes long ends that, too.
package struct ProbeBoard: Sendable {
    /// How nodes are judged, and how long and how many of them are asked at once.
    package struct Limits: Sendable, Equatable {
        package var judge: HealthJudge.Limits
        /// Of a probe of a node that is not suspect.
        package var timeout: Duration
        /// Of a probe of a suspect node, unless its last good answer took more than half of this.
        package var suspectTimeout: Duration
        /// Probes at once, abandoned ones included. Those that somebody waits for (`takeAll`) come on top.
        package var inFlight: Int

        package init(judge: HealthJudge.Limits, timeout: Duration, suspectTimeout: Duration, inFlight: Int) {
            self.judge = judge
            self.timeout = timeout
            self.suspectTimeout = suspectTimeout
            self.inFlight = inFlight
        }
    }

    /// Why a node is probed.
    package enum Occasion: Sendable, Equatable {
        /// It is online and nothing speaks against it: the check may go over the connection of an earlier one.
        case routine
        /// The node is suspect, not online, or was not asked yet: it is met as a new client would.
        case suspicion
    }

    /// One probe to make now.
    package struct Request: Sendable, Equatable {
        package let node: NodeID
        /// Its name is not looked up yet: that is the address book's.
        package let address: NodeAddress
        /// Of the whole check, however many addresses the name has.
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

    /// What a balancer's own probes say of a node, or of whether its address is its own.
    package struct Finding: Sendable, Equatable {
        /// What the judge believes: it begins with what the table, or the state file, said of the node when that came, or got
        /// another address.
        package let status: NodeStatus
        package let okStreak: Int
        package let failStreak: Int
        /// The last result that the judge took.
        package let last: ProbeResult

        package init(status: NodeStatus, okStreak: Int, failStreak: Int, last: ProbeResult) {
            self.status = status
            self.okStreak = okStreak
            self.failStreak = failStreak
            self.last = last
        }
    }

    private struct Entry: Sendable {
        let node: NodeID
        var address: NodeAddress
        /// Of what this balancer reaches: for routing.
        var judge: HealthJudge
        /// Of the node itself, an answer that is not certainly its own left out: for ownership.
        var ownJudge: HealthJudge
        var last: ProbeResult?
        var ownLast: ProbeResult?
        /// How long its last good answer took.
        var lastGood: Duration = .zero
        var isHurried = false
        /// Of the probe under way, with its timeout.
        var underWay: (ticket: UInt64, timeout: Duration)?
        /// Of probes under way at an address that its name had before, since it last answered well.
        var elsewhere: Set<UInt64> = []
    }

    private let limits: Limits
    /// In the order of the nodes.
    private var entries: [Entry] = []
    /// When each entry is to be probed next. Apart from the entries, because ten times a second a thousand are looked
    /// through for those that are due.
    private var due: [ContinuousClock.Instant] = []
    private var positions: [NodeID: Int] = [:]
    private var lastTicket: UInt64 = 0
    /// Abandoned probes hold a descriptor until their own deadline: they count.
    private var inFlight = 0

    package init(limits: Limits) { self.limits = limits }

    /// Takes the nodes there are. A node with another address is judged anew from what the database says; one without
    /// an address is not probed.
    package mutating func follow(_ nodes: [NodeRecord], now: ContinuousClock.Instant) {
        var next: [Entry] = []
        var nextDue: [ContinuousClock.Instant] = []
        var nextPositions: [NodeID: Int] = [:]
        for node in nodes {
            guard let address = node.address, nextPositions.updateValue(next.count, forKey: node.id) == nil else {
                continue
            }
            if let position = positions[node.id], entries[position].address == address {
                next.append(entries[position])
                nextDue.append(due[position])
            } else {
                let judge = HealthJudge(startingAs: node.believedStatus(limits.judge), limits: limits.judge)
                next.append(Entry(node: node.id, address: address, judge: judge, ownJudge: judge))
                nextDue.append(now)
            }
        }
        (entries, due, positions) = (next, nextDue, nextPositions)
    }

    /// Something speaks against the node: probe it at once and impatiently. Nothing happens when it is known to be
    /// offline already: clients that keep trying it must not make us hammer it.
    package mutating func hurry(_ node: NodeID, now: ContinuousClock.Instant) {
        guard let position = positions[node], !entries[position].isHurried,
            entries[position].judge.status != .offline
        else { return }
        entries[position].isHurried = true
        due[position] = now
    }

    /// A name got another address: whoever is there is asked at once, and a good answer from the old one is
    /// dropped. A failure there counts: a name whose addresses alternate would leave a dead node unjudged for ever.
    package mutating func recheck(_ host: String, now: ContinuousClock.Instant) {
        for position in entries.indices where entries[position].address.host == host {
            if let underWay = entries[position].underWay { entries[position].elsewhere.insert(underWay.ticket) }
            entries[position].underWay = nil
            due[position] = now
        }
    }

    /// The probes to start now, longest overdue first, as many as may be in flight.
    package mutating func take(now: ContinuousClock.Instant) -> [Request] {
        let room = limits.inFlight - inFlight
        guard room > 0 else { return [] }
        let startable = due.indices.filter { due[$0] <= now && isStartable($0) }
            .sorted { (due[$0], entries[$0].node) < (due[$1], entries[$1].node) }
        return startable.prefix(room).map { start($0) }
    }

    /// A probe of every node, now, for somebody who waits for the answers.
    package mutating func takeAll() -> [Request] {
        entries.indices.sorted { entries[$0].node < entries[$1].node }.map { start($0) }
    }

    private func isStartable(_ position: Int) -> Bool {
        guard let underWay = entries[position].underWay else { return true }
        return entries[position].isHurried && underWay.timeout > impatience(with: entries[position])
    }

    private mutating func start(_ position: Int) -> Request {
        let entry = entries[position]
        let isSuspect = entry.judge.status == .online && (entry.isHurried || entry.judge.failStreak > 0)
        let timeout = isSuspect ? impatience(with: entry) : limits.timeout
        lastTicket += 1
        inFlight += 1
        entries[position].underWay = (lastTicket, timeout)
        entries[position].isHurried = false
        let isRoutine = !isSuspect && entry.judge.status == .online && entry.last != nil
        return Request(
            node: entry.node, address: entry.address, timeout: timeout, occasion: isRoutine ? .routine : .suspicion,
            ticket: lastTicket)
    }

    private func impatience(with entry: Entry) -> Duration {
        min(max(limits.suspectTimeout, entry.lastGood * 2), limits.timeout)
    }

    /// What the judges made of a result.
    package struct Recording: Sendable, Equatable {
        /// Of whether this balancer reaches the node.
        package let routing: HealthJudge.Verdict
        /// Of the node itself; `.unchanged` where nobody can say whose answer it is.
        package let ownership: HealthJudge.Verdict
    }

    /// Takes the answer to a request, every request exactly once.
    /// - Parameters:
    ///   - belief: whether a good answer is the node's own.
    ///   - draw: a random number of 0 to 1, for the jitter.
    /// - Returns: nil when the probe was abandoned meanwhile or its node is gone; else what the judges made of it.
    package mutating func record(
        _ result: ProbeResult, for request: Request, _ belief: AddressClaims.Verdict = .own,
        now: ContinuousClock.Instant, draw: Double
    ) -> Recording? {
        inFlight -= 1
        guard let position = positions[request.node] else { return nil }
        let wasElsewhere = entries[position].elsewhere.remove(request.ticket) != nil
        if wasElsewhere, case .unhealthy = result.finding { return judge(position, by: result, belief) }
        guard entries[position].underWay?.ticket == request.ticket else { return nil }
        let recording = judge(position, by: result, belief)
        entries[position].underWay = nil
        let pause = min(entries[position].judge.interval, entries[position].ownJudge.interval)
        due[position] = entries[position].isHurried ? now : now + Jitter.spread(pause, draw: draw)
        return recording
    }

    private mutating func judge(
        _ position: Int, by result: ProbeResult, _ belief: AddressClaims.Verdict
    ) -> Recording {
        let verdict = entries[position].judge.record(result.finding)
        entries[position].last = result
        let own = ProbeBoard.own(result, belief)
        switch result.finding {
        case .healthy: entries[position].lastGood = result.duration
        case .degraded, .unhealthy: break
        }
        switch own?.finding {
        case .healthy, .degraded: entries[position].elsewhere = []
        case .unhealthy, nil: break
        }
        let ownVerdict = own.map { entries[position].ownJudge.record($0.finding) } ?? .unchanged
        entries[position].ownLast = own ?? entries[position].ownLast
        return Recording(routing: verdict, ownership: ownVerdict)
    }

    /// What a result says of the node itself; nil: nothing. A failed check is its own in any case.
    private static func own(_ result: ProbeResult, _ belief: AddressClaims.Verdict) -> ProbeResult? {
        switch (result.finding, belief) {
        case (.unhealthy, _), (.healthy, .own), (.degraded, .own): result
        case (.healthy, .unsure), (.degraded, .unsure): nil
        case (.healthy, .foreign(let reason)), (.degraded, .foreign(let reason)):
            ProbeResult(finding: .unhealthy, detail: reason, duration: result.duration)
        }
    }

    /// A request that will have no answer.
    package mutating func abandon(_ request: Request) {
        inFlight -= 1
        guard let position = positions[request.node] else { return }
        entries[position].elsewhere.remove(request.ticket)
        if entries[position].underWay?.ticket == request.ticket { entries[position].underWay = nil }
    }

    /// A request that cannot be carried out yet: others come first meanwhile.
    package mutating func postpone(_ request: Request, now: ContinuousClock.Instant) {
        abandon(request)
        guard let position = positions[request.node] else { return }
        due[position] = now + limits.judge.changingInterval
    }

    /// Nil before the first answer.
    package func finding(of node: NodeID) -> Finding? {
        guard let position = positions[node], let last = entries[position].last else { return nil }
        let judge = entries[position].judge
        return Finding(status: judge.status, okStreak: judge.okStreak, failStreak: judge.failStreak, last: last)
    }

    /// What is known of the node itself; nil before anything is.
    package func ownership(of node: NodeID) -> Finding? {
        guard let position = positions[node], let last = entries[position].ownLast else { return nil }
        let judge = entries[position].ownJudge
        return Finding(status: judge.status, okStreak: judge.okStreak, failStreak: judge.failStreak, last: last)
    }

    /// What routing asks of a finding, of each node in turn: nothing is copied for it.
    package func status(of node: NodeID) -> NodeStatus? {
        guard let position = positions[node], entries[position].last != nil else { return nil }
        return entries[position].judge.status
    }
}

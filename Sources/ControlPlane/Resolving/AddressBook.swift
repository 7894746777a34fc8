package import ClusterCore

/// The addresses of the nodes' host names: what to look up when, and the last good answer of each. A host that is an address is
/// its own answer. A value; the look-ups themselves block and happen elsewhere.
package struct AddressBook: Sendable {
    /// Threads that may be inside a resolver at once; a dead name server holds each for up to its own time-out.
    package static let lookupsAtOnce = 8
    /// After a failed look-up: soon, since such a node cannot be used at all.
    package static let retryInterval: Duration = .seconds(2)
    /// Between two look-ups of a name that is doubted (<doc:Judging>).
    package static let doubtInterval: Duration = .seconds(1)
    /// How long a doubt lasts: a failed check, or a missing report, renews it sooner.
    package static let doubtSpan: Duration = .seconds(4)
    /// For how long a name that did resolve may fail to before it counts as gone: a name server is restarted in less.
    package static let patience: Duration = .seconds(5)
    /// Addresses of one name that are tried; further ones are left out.
    package static let addressesOfName = 16

    /// What a resolver said of a name.
    package enum Answer: Sendable, Equatable {
        /// In the resolver's order, ports to be filled in.
        case found([SocketAddress])
        case failed(reason: String)
    }

    /// What the book knows of a name.
    package enum Sight: Sendable, Equatable {
        /// Its last good addresses, with the node's own port: the one that answered last comes first. Never empty.
        case known([SocketAddress])
        /// Its first look-up is under way, or not begun.
        case pending
        case unknown(reason: String)
    }

    /// Whether a name means its addresses now.
    package enum Certainty: Sendable, Equatable {
        case certain
        /// It was not looked up yet, or has failed to resolve for a moment.
        case unsure
        /// It does not resolve, and has not for a while.
        case gone(reason: String)
    }

    private let interval: Duration
    private let deadline: Duration
    private var entries: [String: BookEntry] = [:]
    /// Before it nothing is due; nil after a change, until the names were looked through again.
    private var quietUntil: ContinuousClock.Instant?

    /// - Parameters:
    ///   - interval: from a good answer to the next look-up of the name.
    ///   - deadline: how long a look-up may take before it counts as failed.
    package init(interval: Duration, deadline: Duration) {
        self.interval = interval
        self.deadline = deadline
    }

    /// Takes the host names there are; others are forgotten.
    package mutating func follow(_ hosts: Set<String>, now: ContinuousClock.Instant) {
        guard entries.count != hosts.count || !hosts.allSatisfy({ entries[$0] != nil }) else { return }
        entries = entries.filter { hosts.contains($0.key) }
        for host in hosts where entries[host] == nil { entries[host] = BookEntry(host, now: now) }
        quietUntil = nil
    }

    /// Puts in an address known from before, such as the state file's; a look-up replaces it.
    package mutating func remember(_ address: SocketAddress, for host: String, now: ContinuousClock.Instant) {
        entries[host] = BookEntry(host, address: address, now: now)
        quietUntil = nil
    }

    /// The names to look up now, those that waited longest first. A look-up past its deadline counts as failed; its late
    /// answer is still taken.
    package mutating func take(now: ContinuousClock.Instant) -> [String] {
        if let quietUntil, now < quietUntil { return [] }
        let late = entries.filter { _, entry in
            guard let started = entry.startedAt, entry.lastError == nil else { return false }
            return now - started > deadline
        }
        let trouble = "no answer from the resolver within \(deadline)"
        for host in late.keys { entries[host]?.fail(trouble, now: now) }
        let underWay = entries.values.count { $0.startedAt != nil }
        let due = entries.compactMap { host, entry in entry.dueBy(now).map { (at: $0, host: host) } }
            .sorted { ($0.at, $0.host) < ($1.at, $1.host) }
        let taken = due.prefix(max(AddressBook.lookupsAtOnce - underWay, 0)).map(\.host)
        for host in taken { entries[host]?.begin(now: now) }
        quietUntil = underWay + taken.count > 0 ? nil : entries.values.lazy.compactMap(\.due).min() ?? now + interval
        return taken
    }

    /// - Returns: the name's trouble when it is news, nil else.
    package mutating func record(_ answer: Answer, for host: String, now: ContinuousClock.Instant) -> String? {
        guard var entry = entries[host] else { return nil }
        let before = entry.lastError
        entry.startedAt = nil
        switch answer {
        case .found(let addresses): entry.find(AddressBook.preferred(addresses), now: now, interval: interval)
        case .failed(let reason): entry.fail(reason, now: now)
        }
        entries[host] = entry
        quietUntil = nil
        return entry.lastError == before ? nil : entry.lastError
    }

    /// Something speaks against what the book says of a name: it is looked up again at once, and every second while the
    /// doubt lasts.
    package mutating func doubt(_ host: String, now: ContinuousClock.Instant) {
        guard entries[host]?.doubt(now: now) == true else { return }
        quietUntil = nil
    }

    /// One of the name's addresses answered as its node: it comes first from now on.
    /// - Returns: whether it did not before.
    package mutating func answered(_ address: SocketAddress, for host: String) -> Bool {
        entries[host]?.prefer(address) ?? false
    }

    /// None of those that were tried did: whoever tries next begins with another one, for one that does not answer at all
    /// may have taken the time of the rest.
    /// - Parameter first: the first of those that were tried.
    /// - Returns: whether another one comes first now.
    package mutating func unanswered(_ host: String, beginningWith first: SocketAddress) -> Bool {
        entries[host]?.passOver(first) ?? false
    }

    /// IPv4 first: Kuma's own default listens on both families, and a node bound to one family by hand is bound to
    /// IPv4.
    private static func preferred(_ addresses: [SocketAddress]) -> [SocketAddress] {
        var seen: Set<SocketAddress> = []
        let distinct = addresses.filter { seen.insert($0).inserted }
        return Array((distinct.filter(\.ip.isIPv4) + distinct.filter { !$0.ip.isIPv4 }).prefix(addressesOfName))
    }

    /// Where the node is to be asked or connected to; `.pending` too for a name that the book does not follow.
    package func sight(of node: NodeAddress) -> Sight {
        guard let entry = entries[node.host] else { return .pending }
        guard entry.addresses.isEmpty else { return .known(entry.addresses.map { $0.with(port: node.port) }) }
        return entry.lastError.map { .unknown(reason: $0) } ?? .pending
    }

    /// Whether the name can be taken at its word now; `.unsure` too for one that the book does not follow.
    package func certainty(of host: String, now: ContinuousClock.Instant) -> Certainty {
        entries[host]?.certainty(now: now) ?? .unsure
    }

    /// Whether some name has neither an address nor a failed look-up yet.
    package var hasPendingNames: Bool { entries.values.contains { $0.addresses.isEmpty && $0.lastError == nil } }

    /// The first of the last good addresses of a name; its port says nothing.
    package func address(of host: String) -> SocketAddress? { entries[host]?.addresses.first }

    /// The same with the node's own port.
    package func resolve(_ node: NodeAddress) -> SocketAddress? { address(of: node.host)?.with(port: node.port) }
}

package import ClusterCore

/// The addresses of the nodes' host names: what to look up when, and the last good answer of each. A host in figures is
/// its own answer. A value; the look-ups themselves block and happen elsewhere.
package struct AddressBook: Sendable {
    /// Threads that may be inside a resolver at once; a dead name server holds each for up to its own time-out.
    package static let lookupsAtOnce = 8
    /// After a failed look-up: soon, since such a node cannot be used at all.
    package static let retryInterval: Duration = .seconds(2)

    package enum Answer: Sendable, Equatable {
        /// In the resolver's order, ports to be filled in.
        case found([SocketAddress])
        case failed(reason: String)
    }

    /// What the book knows of a name.
    package enum Sight: Sendable, Equatable {
        /// Its last good address, with the node's own port.
        case known(SocketAddress)
        /// Its first look-up is under way, or not begun.
        case pending
        case unknown(reason: String)
    }

    private struct Entry: Sendable {
        var address: SocketAddress?
        var lastError: String?
        /// Nil: never.
        var due: ContinuousClock.Instant?
        var startedAt: ContinuousClock.Instant?

        /// - Parameter address: known from before.
        init(_ host: String, address: SocketAddress? = nil, now: ContinuousClock.Instant) {
            if let ip = IPAddress(parsing: host) {
                self.address = SocketAddress(ip, port: 0)
            } else {
                self.address = address
                due = now
            }
        }

        func isDue(_ now: ContinuousClock.Instant) -> Bool {
            guard let due, startedAt == nil else { return false }
            return due <= now
        }
    }

    private let interval: Duration
    private let deadline: Duration
    private var entries: [String: Entry] = [:]
    /// Before it nothing is due; nil after a change, until the names were looked through again.
    private var quietUntil: ContinuousClock.Instant?

    package init(interval: Duration, deadline: Duration) {
        self.interval = interval
        self.deadline = deadline
    }

    /// Takes the host names there are; others are forgotten.
    package mutating func follow(_ hosts: Set<String>, now: ContinuousClock.Instant) {
        guard entries.count != hosts.count || !hosts.allSatisfy({ entries[$0] != nil }) else { return }
        entries = entries.filter { hosts.contains($0.key) }
        for host in hosts where entries[host] == nil { entries[host] = Entry(host, now: now) }
        quietUntil = nil
    }

    /// Puts in an address known from before, such as the state file's; a look-up replaces it.
    package mutating func remember(_ address: SocketAddress, for host: String, now: ContinuousClock.Instant) {
        entries[host] = Entry(host, address: address, now: now)
        quietUntil = nil
    }

    /// The names to look up now. A look-up past its deadline counts as failed; its late answer is still taken.
    package mutating func take(now: ContinuousClock.Instant) -> [String] {
        if let quietUntil, now < quietUntil { return [] }
        let late = entries.filter { _, entry in
            guard let started = entry.startedAt, entry.lastError == nil else { return false }
            return now - started > deadline
        }
        let trouble = "no answer from the resolver within \(deadline)"
        for host in late.keys { entries[host]?.lastError = trouble }
        let underWay = entries.values.count { $0.startedAt != nil }
        let due = entries.filter { $0.value.isDue(now) }.keys.sorted()
        let taken = Array(due.prefix(max(AddressBook.lookupsAtOnce - underWay, 0)))
        for host in taken { entries[host]?.startedAt = now }
        quietUntil = underWay + taken.count > 0 ? nil : entries.values.lazy.compactMap(\.due).min() ?? now + interval
        return taken
    }

    /// - Returns: the name's trouble when it is news, nil else.
    package mutating func record(_ answer: Answer, for host: String, now: ContinuousClock.Instant) -> String? {
        guard var entry = entries[host] else { return nil }
        let before = entry.lastError
        entry.startedAt = nil
        switch answer {
        case .found(let addresses):
            entry.due = now + interval
            entry.lastError = nil
            // Several addresses take turns in the answers of some name servers: one that still holds is kept.
            if let current = entry.address, addresses.contains(current) { break }
            entry.address = AddressBook.preferred(addresses) ?? entry.address
        case .failed(let reason):
            entry.due = now + AddressBook.retryInterval
            entry.lastError = reason
        }
        entries[host] = entry
        quietUntil = nil
        return entry.lastError == before ? nil : entry.lastError
    }

    /// IPv4 first: Kuma's own default listens on both families, and a node bound to one family by hand is bound to
    /// IPv4.
    private static func preferred(_ addresses: [SocketAddress]) -> SocketAddress? {
        addresses.first {
            switch $0 {
            case .ipv4: true
            case .ipv6: false
            }
        } ?? addresses.first
    }

    package func sight(of node: NodeAddress) -> Sight {
        guard let entry = entries[node.host] else { return .pending }
        return switch entry.address {
        case .ipv4(let octets, _): .known(.ipv4(octets: octets, port: node.port))
        case .ipv6(let high, let low, _, let scope):
            .known(.ipv6(high: high, low: low, port: node.port, scope: scope))
        case nil: entry.lastError.map { .unknown(reason: $0) } ?? .pending
        }
    }

    /// Whether some name has neither an address nor a failed look-up yet.
    package var hasPendingNames: Bool { entries.values.contains { $0.address == nil && $0.lastError == nil } }

    /// The last good address of a name; its port says nothing.
    package func address(of host: String) -> SocketAddress? { entries[host]?.address }

    /// The last good address, with the node's own port.
    package func resolve(_ node: NodeAddress) -> SocketAddress? {
        switch sight(of: node) {
        case .known(let address): address
        case .pending, .unknown: nil
        }
    }
}

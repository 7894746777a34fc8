import ClusterCore

/// What the address book holds of one name.
struct BookEntry: Sendable {
    /// The last good ones, ports to be filled in; the one to use first.
    private(set) var addresses: [SocketAddress] = []
    /// Nil while the last look-up was good, and before the first one.
    private(set) var lastError: String?
    /// Nil: never, for a host that is an address.
    private(set) var due: ContinuousClock.Instant?
    /// Of the look-up under way.
    var startedAt: ContinuousClock.Instant?
    /// Of the last look-up, ended or not.
    private var lastStart: ContinuousClock.Instant?
    /// Since when each look-up failed.
    private var failingSince: ContinuousClock.Instant?
    private var isConfirmed = false
    private var doubtedUntil: ContinuousClock.Instant?

    /// - Parameter address: known from before.
    init(_ host: String, address: SocketAddress? = nil, now: ContinuousClock.Instant) {
        if let ip = IPAddress(parsing: host) {
            addresses = [SocketAddress(ip, port: 0)]
            isConfirmed = true
        } else {
            addresses = address.map { [$0] } ?? []
            due = now
        }
    }

    /// When it was due, if it is.
    func dueBy(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let due, startedAt == nil, due <= now else { return nil }
        return due
    }

    mutating func begin(now: ContinuousClock.Instant) {
        startedAt = now
        lastStart = now
    }

    /// - Parameter found: in the order of preference.
    mutating func find(_ found: [SocketAddress], now: ContinuousClock.Instant, interval: Duration) {
        due = isDoubted(now) ? nextInDoubt(now) : now + interval
        lastError = nil
        failingSince = nil
        isConfirmed = true
        guard !found.isEmpty else { return }
        // Several addresses take turns in the answers of some name servers: one that still holds is kept.
        let kept = addresses.prefix(1).filter { found.contains($0) }
        addresses = kept + found.filter { !kept.contains($0) }
    }

    /// The last good addresses stay.
    mutating func fail(_ reason: String, now: ContinuousClock.Instant) {
        due = isDoubted(now) ? nextInDoubt(now) : now + AddressBook.retryInterval
        lastError = reason
        failingSince = failingSince ?? now
    }

    /// - Returns: whether another time came of it.
    mutating func doubt(now: ContinuousClock.Instant) -> Bool {
        guard let due else { return false }
        doubtedUntil = now + AddressBook.doubtSpan
        self.due = min(due, nextInDoubt(now))
        return self.due != due
    }

    private func nextInDoubt(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        max(lastStart.map { $0 + AddressBook.doubtInterval } ?? now, now)
    }

    private func isDoubted(_ now: ContinuousClock.Instant) -> Bool { doubtedUntil.map { now < $0 } ?? false }

    mutating func prefer(_ address: SocketAddress) -> Bool {
        let address = address.with(port: 0)
        guard let index = addresses.firstIndex(of: address), index > 0 else { return false }
        addresses.remove(at: index)
        addresses.insert(address, at: 0)
        return true
    }

    mutating func passOver(_ address: SocketAddress) -> Bool {
        guard addresses.count > 1, addresses.first == address.with(port: 0) else { return false }
        addresses.append(addresses.removeFirst())
        return true
    }

    func certainty(now: ContinuousClock.Instant) -> AddressBook.Certainty {
        if let lastError {
            let isBrief = failingSince.map { now - $0 < AddressBook.patience } ?? true
            return isBrief ? .unsure : .gone(reason: lastError)
        }
        return isConfirmed ? .certain : .unsure
    }
}

extension SocketAddress {
    func with(port: UInt16) -> SocketAddress {
        switch self {
        case .ipv4(let octets, _): .ipv4(octets: octets, port: port)
        case .ipv6(let high, let low, _, let scope): .ipv6(high: high, low: low, port: port, scope: scope)
        }
    }
}

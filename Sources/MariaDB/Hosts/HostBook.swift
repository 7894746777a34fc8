/// What is known of each host of `DB_HOST`, and where to go next. A value: time comes in, and it asks nobody.
struct HostBook {
    enum Finding: Hashable {
        case answers(HostFitness)
        case unreachable
        /// Too busy, or silent, which looks the same from here.
        case silent
        case refusesLogin
    }

    /// How long an unfavourable finding stands before the host is worth another look. Without it, a cluster whose hosts are
    /// all unfit would be gone through again with every statement.
    static let standing: Duration = .seconds(2)

    private struct Entry {
        var finding: Finding?
        var foundAt: ContinuousClock.Instant?
    }

    private let names: [String]
    private var entries: [Entry]
    /// Where the next attempt begins.
    private var first = 0
    /// Where we work, or worked last.
    private(set) var current: Int?

    /// - Parameter names: in the order of preference; at least one.
    init(_ names: [String]) {
        self.names = names
        entries = names.map { _ in Entry() }
    }

    /// Positions in the order in which to try them.
    var order: [Int] { names.indices.map { (first + $0) % names.count } }

    /// - Returns: what to tell people, when it is news.
    mutating func found(_ finding: Finding, at index: Int, now: ContinuousClock.Instant) -> String? {
        let before = entries[index].finding
        entries[index] = Entry(finding: finding, foundAt: now)
        guard before != finding, let words = finding.words else {
            return before?.words != nil && finding.words == nil ? "\(names[index]) is fit again" : nil
        }
        return "\(names[index]) \(words)"
    }

    /// - Returns: whether that is another host than before.
    mutating func works(at index: Int) -> Bool {
        defer { current = index }
        return current != index
    }

    /// The host at `index` failed or is unfit: the others come first.
    mutating func leave(_ index: Int) { first = (index + 1) % names.count }

    /// Nobody would have us: the next attempt keeps to the configured order.
    mutating func startOver() { first = 0 }

    /// Whether another host may be better than the one at `index`, which is `fitness`.
    func mayFindBetter(than fitness: HostFitness, at index: Int, now: ContinuousClock.Instant) -> Bool {
        for (other, entry) in entries.enumerated() where other != index {
            guard let foundAt = entry.foundAt, now - foundAt < HostBook.standing else { return true }
            if case .answers(let otherFitness) = entry.finding, otherFitness.rank < fitness.rank { return true }
        }
        return false
    }

    /// Whether the host at `index` was locked when it was asked last, which only an attempt to write can deny.
    func needsWriteProbe(at index: Int) -> Bool { entries[index].finding == .answers(.locked) }

    var report: HostReport {
        HostReport(
            current: current.map { names[$0] },
            unfit: zip(names, entries).compactMap { name, entry in
                entry.finding?.words.map { HostReport.Unfit(host: name, reason: $0) }
            })
    }
}

extension HostBook.Finding {
    /// Nil when there is nothing to complain of. Ours alone: no text of a server, which may name users.
    var words: String? {
        switch self {
        case .answers(.fit): nil
        case .answers(let fitness): fitness.description
        case .unreachable: "cannot be reached"
        case .silent: "is too busy to let us in, or does not answer"
        case .refusesLogin: "refuses our log-in"
        }
    }
}

/// Which database host a connection works on, and why others are not fit.
package struct HostReport: Sendable, Equatable {
    /// A host that had something against it when it was tried last.
    package struct Unfit: Sendable, Equatable {
        /// As configured, with its port; of a Unix socket, its path.
        package let host: String
        /// Continues a sentence that begins with the host.
        package let reason: String

        package init(host: String, reason: String) {
            self.host = host
            self.reason = reason
        }
    }

    /// As configured; nil before the first connection.
    package let current: String?
    /// In the configured order; the one that is worked on is among them where no better one was found.
    package let unfit: [Unfit]

    package init(current: String?, unfit: [Unfit]) {
        self.current = current
        self.unfit = unfit
    }
}

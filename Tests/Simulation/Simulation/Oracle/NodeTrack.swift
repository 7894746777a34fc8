import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// What the oracle remembers of one `node` row: by its own reading of the columns, not by the product's.
struct NodeTrack: Sendable {
    enum Standing: Sendable, Equatable {
        /// Online and active.
        case fit
        case wavering
        /// Online, drained or cordoned.
        case reserve
        /// Offline or in maintenance.
        case lost
        case absent
        /// Its row holds a status that nobody knows: it may well live.
        case unreadable
        /// A person gave it a state that nobody knows.
        case leftAlone
    }

    private(set) var standing = Standing.absent
    /// Earlier standings with their ends, newest last.
    private var past: [(standing: Standing, until: Duration)] = []
    private(set) var changedAt: Duration = .zero
    /// Since when the row has said that the node is online.
    private(set) var onlineSince: Duration?

    mutating func observe(_ sight: InMemoryCluster.NodeSight, fall: Int, now: Duration) {
        let next: Standing
        switch sight {
        case .absent: next = .absent
        case .unreadable: next = .unreadable
        case .present(let record):
            let isOnline = record.status == .online && record.failStreak < fall
            onlineSince = isOnline ? onlineSince ?? now : nil
            next = NodeTrack.standing(of: record, isOnline: isOnline, fall: fall)
        }
        guard next != standing else { return }
        past.append((standing, now))
        standing = next
        changedAt = now
    }

    private static func standing(of record: NodeRecord, isOnline: Bool, fall: Int) -> Standing {
        let whenOnline: Standing
        switch record.adminState.text {
        case "active": whenOnline = .fit
        case "drain", "cordon": whenOnline = .reserve
        case "maintenance": return .lost
        case _: return .leftAlone
        }
        if record.status == .offline || (record.status == .online && !isOnline) { return .lost }
        return isOnline && record.okStreak > 0 ? whenOnline : .wavering
    }

    mutating func rowDeleted() { onlineSince = nil }

    /// Whether it stood so at every moment from `moment` on.
    func hasOnlyBeen(_ wanted: Standing, since moment: Duration) -> Bool {
        standing == wanted && past.allSatisfy { $0.until < moment || $0.standing == wanted }
    }

    /// Whether it stood so at any moment from `moment` on.
    func was(_ wanted: Set<Standing>, since moment: Duration) -> Bool {
        wanted.contains(standing) || past.contains { $0.until >= moment && wanted.contains($0.standing) }
    }
}

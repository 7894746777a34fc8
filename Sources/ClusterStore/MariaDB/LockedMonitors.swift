import ClusterCore
import MariaDB

/// The monitors of one batch, locked as far as nobody else has locked them, with their open journal entries: a person who
/// edits one monitor, in a transaction that stays open, keeps no other one from being moved.
struct LockedMonitors {
    /// Part of a transaction's opening. Its values are `values(for:)`, its answers what `init(found:)` takes.
    static let opening = Statement(
        joining: MoveSQL.lockFree, "; IF FOUND_ROWS() < ? THEN", MoveSQL.exist, "; END IF;", MoveSQL.lockOpenEntries)

    /// Locked by this transaction, as they are now, in the order of their ids.
    let ours: [MonitorAssignment]
    /// Locked by somebody else. Those that are in neither do not exist.
    let others: Set<MonitorID>
    /// The open entries of all of them, by monitor.
    let entries: [MonitorID: OpenMove]

    static func values(for monitors: some Sequence<MonitorID>) -> [Value] {
        let asked = Set(monitors)
        let ids = JSONRows.ids(asked.map(\.number))
        return [ids, .int(asked.count), ids, ids]
    }

    /// Nil when the opening did not come to lock anything.
    init?(found: [Rows]) throws(MariaDBError) {
        guard let locked = found.first, let open = found.last, found.count > 1 else { return nil }
        let columns = try AssignmentColumns(locked)
        var ours: [MonitorAssignment] = []
        ours.reserveCapacity(locked.count)
        for row in locked {
            if let monitor = try columns.assignment(row) { ours.append(monitor) }
        }
        self.ours = ours.sorted { $0.id < $1.id }
        // Asked for only where not all could be locked.
        others = found.count == 3 ? try LockedMonitors.ids(found[1]).subtracting(ours.map(\.id)) : []
        let moves = try MoveColumns(open)
        var entries: [MonitorID: OpenMove] = [:]
        for row in open {
            if let entry = try moves.move(row) { entries[entry.monitor] = entry }
        }
        self.entries = entries
    }

    /// Those of `moves` that are open still and whose monitor nobody else has locked, ascending by entry; the monitor is nil
    /// where it was deleted.
    func entries(of moves: [OpenMove]) -> [(entry: OpenMove, monitor: MonitorAssignment?)] {
        let asked = Set(moves.map(\.id))
        let monitors = Dictionary(ours.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return entries.values.filter { asked.contains($0.id) && !others.contains($0.monitor) }
            .sorted { $0.id < $1.id }
            .map { ($0, monitors[$0.monitor]) }
    }

    private static func ids(_ rows: Rows) throws(MariaDBError) -> Set<MonitorID> {
        let id = try rows.column("id")
        var ids: Set<MonitorID> = []
        for row in rows { ids.insert(MonitorID(try row.int(id))) }
        return ids
    }
}

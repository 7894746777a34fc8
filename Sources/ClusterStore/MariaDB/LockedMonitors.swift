import ClusterCore
import MariaDB

/// The monitors of one batch, locked as far as nobody else has locked them: a person who edits one monitor, in a
/// transaction that stays open, keeps no other one from being moved.
struct LockedMonitors {
    /// Locked by this transaction, as they are now, in the order of their ids.
    let ours: [MonitorAssignment]
    /// Locked by somebody else. Those that are in neither do not exist.
    let others: Set<MonitorID>

    init(_ monitors: some Sequence<MonitorID>, in session: Session) throws(MariaDBError) {
        let asked = Set(monitors)
        let ids = JSONRows.ids(asked.map(\.number))
        let rows = try session.query(MoveSQL.lockFree, [ids])
        let columns = try AssignmentColumns(rows)
        var ours: [MonitorAssignment] = []
        ours.reserveCapacity(rows.count)
        for row in rows {
            if let monitor = try columns.assignment(row) { ours.append(monitor) }
        }
        self.ours = ours.sorted { $0.id < $1.id }
        guard ours.count < asked.count else {
            others = []
            return
        }
        others = try LockedMonitors.ids(try session.query(MoveSQL.exist, [ids])).subtracting(ours.map(\.id))
    }

    private static func ids(_ rows: Rows) throws(MariaDBError) -> Set<MonitorID> {
        let id = try rows.column("id")
        var ids: Set<MonitorID> = []
        for row in rows { ids.insert(MonitorID(try row.int(id))) }
        return ids
    }
}

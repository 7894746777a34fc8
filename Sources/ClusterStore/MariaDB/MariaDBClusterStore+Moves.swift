package import ClusterCore
import MariaDB

/// The mover's statements. Each works on one bound JSON array of rows. Texts from JSON are never compared in SQL: the rows
/// are locked and read, and `MoveDecision` compares them byte by byte, whatever collation Kuma's tables have.
///
/// From the rows to the table, and never the other way round (STRAIGHT_JOIN, FORCE INDEX): MariaDB takes the rows for 40,
/// and would read – and lock – all of a table that has fewer.
enum MoveSQL {
    /// Locks and reads what nobody else has locked. Without the journal, because SKIP LOCKED holds for every table of a
    /// statement, and an entry must never be passed over: a move would then forget where the monitor came from.
    static let lockFree: Statement = """
        SELECT m.id AS id, m.node_id AS home, m.assigned_node AS assigned
        FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]')) j
        STRAIGHT_JOIN monitor m FORCE INDEX (PRIMARY) ON m.id = j.id FOR UPDATE SKIP LOCKED
        """

    /// Whatever locks there are.
    static let exist: Statement = """
        SELECT m.id AS id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]')) j
        STRAIGHT_JOIN monitor m FORCE INDEX (PRIMARY) ON m.id = j.id
        """

    /// The open entries of monitors that are locked already. Nobody but leaders writes them, each behind the lease row.
    static let lockOpenEntries: Statement = """
        SELECT c.id AS entry, c.monitor_id AS monitor_id, c.from_node AS from_node, c.to_node AS to_node,
            c.previous_assigned AS previous, c.reason AS reason
        FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]')) j
        STRAIGHT_JOIN cluster_move c FORCE INDEX (idx_monitor) ON c.monitor_id = j.id AND c.returned_at IS NULL FOR UPDATE
        """

    static let assign: Statement = """
        UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]', node VARCHAR(255) PATH '$[1]')) j
        STRAIGHT_JOIN monitor m FORCE INDEX (PRIMARY) ON m.id = j.id
        SET m.assigned_node = j.node
        """

    static let journal: Statement = """
        INSERT INTO cluster_move (monitor_id, from_node, to_node, previous_assigned, reason, epoch, moved_at,
            returned_at, closed_as)
        SELECT j.monitor, j.from_node, j.to_node, j.previous, j.reason, ?, NOW(3),
            IF(j.closed_as IS NULL, NULL, NOW(3)), j.closed_as
        FROM JSON_TABLE(?, '$[*]' COLUMNS (monitor BIGINT PATH '$[0]', from_node VARCHAR(255) PATH '$[1]',
            to_node VARCHAR(255) PATH '$[2]', previous VARCHAR(255) PATH '$[3]', reason VARCHAR(20) PATH '$[4]',
            closed_as VARCHAR(20) PATH '$[5]')) j
        """

    static let closeEntries: Statement = """
        UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]', outcome VARCHAR(20) PATH '$[1]')) j
        STRAIGHT_JOIN cluster_move c FORCE INDEX (PRIMARY) ON c.id = j.id
        SET c.returned_at = NOW(3), c.closed_as = j.outcome
        WHERE c.returned_at IS NULL
        """

    static let lock = FenceSQL.fenced(LockedMonitors.opening)
    static let lockUnlessPaused = FenceSQL.fenced(FenceSQL.unlessPaused(LockedMonitors.opening))

    /// Everything that a batch of moves writes, in one round trip.
    static let move = Statement(
        joining: "BEGIN NOT ATOMIC", assign, ";", closeEntries, ";", journal, ";", HistorySQL.appendBeside, "; END")

    static let giveBack = Statement(
        joining: "BEGIN NOT ATOMIC", assign, ";", closeEntries, ";", HistorySQL.appendBeside, "; END")

    static let open: Statement = """
        SELECT id AS entry, monitor_id, from_node, to_node, previous_assigned AS previous, reason
        FROM cluster_move WHERE returned_at IS NULL ORDER BY id
        """
}

/// How an entry of the journal becomes a value.
struct MoveColumns {
    private let entry, monitor, from, to, previous, reason: Rows.Column

    init(_ rows: Rows) throws(MariaDBError) {
        entry = try rows.column("entry")
        monitor = try rows.column("monitor_id")
        from = try rows.column("from_node")
        to = try rows.column("to_node")
        previous = try rows.column("previous")
        reason = try rows.column("reason")
    }

    /// Nil for an entry that leads to no node.
    func move(_ row: Row) throws(MariaDBError) -> OpenMove? {
        guard let to = try? NodeID(try row.text(to)) else { return nil }
        return OpenMove(
            id: try row.int(entry), monitor: MonitorID(try row.int(monitor)),
            from: NodeReference(text: try row.text(from)), to: to,
            previousAssigned: try row.optionalText(previous).map(NodeReference.init(text:)),
            reason: MoveReason(word: try row.text(reason)))
    }
}

/// How a monitor's own columns become a value.
struct AssignmentColumns {
    private let id, home, assigned: Rows.Column

    init(_ rows: Rows) throws(MariaDBError) {
        (id, home, assigned) = (try rows.column("id"), try rows.column("home"), try rows.column("assigned"))
    }

    /// Nil when the monitor is gone.
    func assignment(_ row: Row) throws(MariaDBError) -> MonitorAssignment? {
        guard let number = try row.optionalInt(id) else { return nil }
        return MonitorAssignment(
            id: MonitorID(number), home: try row.optionalText(home).map(NodeReference.init(text:)),
            assigned: try row.optionalText(assigned).map(NodeReference.init(text:)))
    }
}

extension MariaDBClusterStore {
    package func move(_ moves: [PlannedMove], under lease: Lease) async throws(StoreError) -> [MonitorID] {
        try MoveLimits.check(moves.count)
        guard !moves.isEmpty else { return [] }
        let plans = Dictionary(moves.map { ($0.monitor, $0) }, uniquingKeysWith: { first, _ in first })
        let values = LockedMonitors.values(for: plans.keys)
        return try await fenced(by: lease, MoveSQL.lockUnlessPaused, values) { session, found throws(MariaDBError) in
            guard let locked = try LockedMonitors(found: found) else { return [] }
            notices.passedOver(locked.others)
            var decisions: [MoveDecision] = []
            var tally = MoveTally()
            for monitor in locked.ours {
                guard let plan = plans[monitor.id],
                    let decision = MoveDecision(plan, row: monitor, open: locked.entries[monitor.id])
                else { continue }
                decisions.append(decision)
                tally.add(from: plan.from, to: NodeReference(decision.to))
            }
            guard !decisions.isEmpty else { return [] }
            let lines = MariaDBClusterStore.rows(of: tally.events(.monitorsMoved, verb: "moved"))
            try MariaDBClusterStore.write(
                MoveSQL.move, MariaDBClusterStore.values(of: decisions, epoch: lease.epoch) + [lines], in: session)
            return decisions.map(\.monitor)
        }
    }

    /// For `MoveSQL.move`, but for its history.
    private static func values(of decisions: [MoveDecision], epoch: Int64) -> [Value] {
        var (assignments, closings, entries) = (JSONRows(), JSONRows(), JSONRows())
        for decision in decisions {
            assignments.append([.number(decision.monitor.number), .text(decision.to.text)])
            if let closing = decision.closing {
                closings.append([.number(closing.entry), .text(closing.outcome.rawValue)])
            }
            entries.append([
                .number(decision.monitor.number), .text(decision.from.text), .text(decision.to.text),
                .optional(decision.previousAssigned?.text), .text(decision.reason.column),
                decision.opensEntry ? .null : .text(MoveOutcome.permanent.rawValue),
            ])
        }
        return [assignments.value, closings.value, .int(epoch), entries.value]
    }

    /// Writes a batch that ends with `HistorySQL.appendBeside`.
    private static func write(
        _ statement: Statement, _ values: [Value], in session: Session
    ) throws(MariaDBError) {
        let answer = try session.query(statement, values)
        // A lock wait that ended takes back its statement only, a deadlock the whole transaction.
        guard try answer.first?.int(try answer.column("is_open")) == 1 else {
            throw .conflict(code: 1213, reason: "the transaction was undone while the history was written")
        }
    }

    package func returnHome(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) -> [MonitorID] {
        try MoveLimits.check(moves.count)
        guard !moves.isEmpty else { return [] }
        let values = LockedMonitors.values(for: moves.map(\.monitor))
        return try await fenced(by: lease, MoveSQL.lockUnlessPaused, values) { session, found throws(MariaDBError) in
            guard let locked = try LockedMonitors(found: found) else { return [] }
            notices.passedOver(locked.others)
            var returned: [MonitorID] = []
            var tally = MoveTally()
            var (assignments, closings) = (JSONRows(), JSONRows())
            for (entry, monitor) in locked.entries(of: moves) {
                switch ReturnDecision(entry, row: monitor) {
                case .restore(let assigned):
                    assignments.append([.number(entry.monitor.number), .optional(assigned?.text)])
                    closings.append([.number(entry.id), .text(MoveOutcome.returned.rawValue)])
                    returned.append(entry.monitor)
                    if let home = assigned ?? monitor?.home { tally.add(from: NodeReference(entry.to), to: home) }
                case .close(let outcome):
                    closings.append([.number(entry.id), .text(outcome.rawValue)])
                }
            }
            guard !closings.isEmpty else { return [] }
            let lines = MariaDBClusterStore.rows(of: tally.events(.monitorsReturned, verb: "returned"))
            try MariaDBClusterStore.write(
                MoveSQL.giveBack, [assignments.value, closings.value, lines], in: session)
            return returned.sorted()
        }
    }

    package func forgetMoves(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) {
        try MoveLimits.check(moves.count)
        guard !moves.isEmpty else { return }
        let values = LockedMonitors.values(for: moves.map(\.monitor))
        try await fenced(by: lease, MoveSQL.lock, values) { session, found throws(MariaDBError) in
            guard let locked = try LockedMonitors(found: found) else { return }
            notices.passedOver(locked.others)
            var closings = JSONRows()
            for (entry, monitor) in locked.entries(of: moves) {
                switch ReturnDecision(entry, row: monitor) {
                // Planned from an older snapshot of the tables: it must not lose a monitor that is where we put it.
                case .restore: continue
                case .close: closings.append([.number(entry.id), .text(MoveOutcome.forgotten.rawValue)])
                }
            }
            if !closings.isEmpty { try session.execute(MoveSQL.closeEntries, [closings.value]) }
        }
    }

    package func openMoves() async throws(StoreError) -> [OpenMove] {
        let rows = try await query(MoveSQL.open)
        return try decode { () throws(MariaDBError) in
            let columns = try MoveColumns(rows)
            var moves: [OpenMove] = []
            for row in rows {
                if let move = try columns.move(row) { moves.append(move) }
            }
            return moves
        }
    }
}

extension JSONRows {
    static func ids(_ ids: [Int64]) -> Value {
        var rows = JSONRows()
        for id in ids.sorted() { rows.append([.number(id)]) }
        return rows.value
    }
}

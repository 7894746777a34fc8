package import ClusterCore
import MariaDB

/// What people ask of whoever leads: jobs and the pause.
enum OrderSQL {
    /// Part of each poll: three rows by primary key and one by a unique key, in the query that looks whether Kuma is set up.
    static let setUpAndOrders: Statement = """
        SELECT EXISTS (SELECT 1 FROM `user`) AS is_set_up,
            CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now_ms, b.value AS paused_by, r.value AS pause_reason,
            CAST(u.value AS SIGNED) AS pause_until,
            CAST(u.value AS SIGNED) - CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS pause_remaining,
            j.id AS id, j.kind AS kind, j.state AS state, j.requested_by AS requested_by, j.total AS total,
            j.moved AS moved, j.cancelled AS cancelled, j.error AS error,
            CONCAT(LEFT(DATE_FORMAT(j.requested_at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS requested_at,
            CONCAT(LEFT(DATE_FORMAT(j.started_at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS started_at,
            CONCAT(LEFT(DATE_FORMAT(j.finished_at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS finished_at
        FROM (SELECT 1 AS one) o
        LEFT JOIN cluster_setting b ON b.name = 'pause_by'
        LEFT JOIN cluster_setting r ON r.name = 'pause_reason'
        LEFT JOIN cluster_setting u ON u.name = 'pause_until'
        LEFT JOIN cluster_job j ON j.active = 1
        """

    static let jobs: Statement = """
        SELECT id, kind, state, requested_by, total, moved, cancelled, error,
            CONCAT(LEFT(DATE_FORMAT(requested_at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS requested_at,
            CONCAT(LEFT(DATE_FORMAT(started_at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS started_at,
            CONCAT(LEFT(DATE_FORMAT(finished_at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS finished_at
        FROM cluster_job ORDER BY id DESC LIMIT ?
        """

    /// Passes over, when a job is active: the unique key says so.
    static let request: Statement = """
        INSERT IGNORE INTO cluster_job (active, kind, state, requested_by, total, requested_at)
        VALUES (1, ?, 'pending', ?, ?, NOW(3))
        """

    static let cancel: Statement = "UPDATE cluster_job SET cancelled = 1 WHERE active = 1"

    /// Holds the row until the batch is written, so that a cancellation comes before the batch or after it.
    static let begin: Statement = """
        UPDATE cluster_job SET state = 'running', started_at = COALESCE(started_at, NOW(3))
        WHERE id = ? AND active = 1 AND cancelled = 0
        """

    static let lock = FenceSQL.fenced(
        FenceSQL.unlessPaused(
            Statement(joining: begin, "; IF ROW_COUNT() = 1 THEN", LockedMonitors.opening, "; END IF")))

    static let progress: Statement = "UPDATE cluster_job SET moved = moved + ? WHERE id = ?"

    static let settle: Statement = """
        UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]', node VARCHAR(50) PATH '$[1]')) j
        STRAIGHT_JOIN monitor m FORCE INDEX (PRIMARY) ON m.id = j.id
        SET m.node_id = j.node, m.assigned_node = NULL
        """

    static let finish: Statement = """
        UPDATE cluster_job SET state = ?, error = ?, active = NULL, finished_at = NOW(3) WHERE id = ? AND active = 1
        """

    /// Everything that a batch of a job writes, in one round trip.
    static let rehome = Statement(
        joining: "BEGIN NOT ATOMIC", settle, ";", MoveSQL.closeEntries, ";", MoveSQL.journal, ";", progress, "; END")

    /// The value is one less than the rows to keep.
    static let oldestKept: Statement = "SELECT id FROM cluster_job ORDER BY id DESC LIMIT 1 OFFSET ?"

    static let end = FenceSQL.fenced(
        Statement(
            joining: finish, "; BEGIN DECLARE oldest BIGINT DEFAULT (", oldestKept,
            "); DELETE FROM cluster_job WHERE active IS NULL AND id < oldest; END"))

    /// Words that we do not know are left out here and not later: a page is full as long as there is more.
    static let moves: Statement = """
        SELECT id, monitor_id, from_node, to_node, previous_assigned, reason, closed_as,
            CONCAT(LEFT(DATE_FORMAT(moved_at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS moved_at,
            CONCAT(LEFT(DATE_FORMAT(returned_at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS returned_at
        FROM cluster_move
        WHERE id < ? AND (? IS NULL OR from_node = ? OR to_node = ?) AND FIND_IN_SET(reason, ?)
        ORDER BY id DESC LIMIT ?
        """

    static let set: Statement = """
        INSERT INTO cluster_setting (name, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value)
        """

    static let endPause: Statement = """
        DELETE FROM cluster_setting WHERE name IN ('pause_by', 'pause_reason', 'pause_until')
        """

    static let forgetUntil: Statement = "DELETE FROM cluster_setting WHERE name = 'pause_until'"

    /// Under lock: a person may prolong the pause at the same moment.
    static let overdue: Statement = """
        SELECT name FROM cluster_setting WHERE name = 'pause_until'
            AND CAST(value AS SIGNED) <= CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) FOR UPDATE
        """
}

extension StandingOrders {
    init(_ rows: Rows) throws(MariaDBError) {
        self.init()
        guard let row = rows.first else { return }
        if let by = try row.optionalText(try rows.column("paused_by")) {
            let until = try row.optionalInt(try rows.column("pause_until"))
            let remaining = try row.optionalInt(try rows.column("pause_remaining"))
            pause = Pause(
                by: by, reason: try row.optionalText(try rows.column("pause_reason")) ?? "",
                until: until.map { .milliseconds($0) }, remaining: remaining.map { .milliseconds($0) })
        }
        job = try JobColumns(rows).job(row)
    }
}

/// The `cluster_job` columns of an answer.
private struct JobColumns {
    let id, kind, state, requestedBy, total, moved, cancelled, error, requestedAt, startedAt, finishedAt: Rows.Column

    init(_ rows: Rows) throws(MariaDBError) {
        id = try rows.column("id")
        kind = try rows.column("kind")
        state = try rows.column("state")
        requestedBy = try rows.column("requested_by")
        total = try rows.column("total")
        moved = try rows.column("moved")
        cancelled = try rows.column("cancelled")
        error = try rows.column("error")
        requestedAt = try rows.column("requested_at")
        startedAt = try rows.column("started_at")
        finishedAt = try rows.column("finished_at")
    }

    /// Nil where there is no job, or one that a newer release wrote in words we do not know.
    func job(_ row: Row) throws(MariaDBError) -> RebalanceJob? {
        guard let id = try row.optionalInt(id), let kind = RebalanceKind(rawValue: try row.text(kind)),
            let state = RebalanceJob.State(rawValue: try row.text(state))
        else { return nil }
        return RebalanceJob(
            id: id, kind: kind, state: state, requestedBy: try row.text(requestedBy), total: Int(try row.int(total)),
            moved: Int(try row.int(moved)), isCancelled: try row.int(cancelled) != 0,
            requestedAt: try row.optionalText(requestedAt) ?? "", startedAt: try row.optionalText(startedAt),
            finishedAt: try row.optionalText(finishedAt), error: try row.optionalText(error))
    }
}

// MARK: - Jobs

extension MariaDBClusterStore {
    package func requestJob(_ order: RebalanceOrder) async throws(StoreError) -> RebalanceJob? {
        let effect = try await execute(
            OrderSQL.request, [.text(order.kind.rawValue), .text(order.requestedBy), .int(order.total)])
        guard effect.matchedRows > 0 else { return nil }
        return try await jobs().first { $0.id == Int64(effect.lastInsertID) }
    }

    package func cancelJob() async throws(StoreError) -> RebalanceJob? {
        guard try await execute(OrderSQL.cancel).matchedRows > 0 else { return nil }
        return try await jobs().first { $0.isActive }
    }

    package func jobs() async throws(StoreError) -> [RebalanceJob] {
        let rows = try await query(OrderSQL.jobs, [.int(JobLimits.kept)])
        return try decode { () throws(MariaDBError) in
            let columns = try JobColumns(rows)
            var jobs: [RebalanceJob] = []
            for row in rows {
                if let job = try columns.job(row) { jobs.append(job) }
            }
            return jobs
        }
    }

    package func rebalance(
        _ moves: [PlannedMove], for job: Int64, under lease: Lease
    ) async throws(StoreError) -> RebalanceStep {
        try MoveLimits.check(moves.count)
        let plans = Dictionary(moves.map { ($0.monitor, $0) }, uniquingKeysWith: { first, _ in first })
        let values: [Value] = [.int(job)] + LockedMonitors.values(for: plans.keys)
        return try await fenced(by: lease, OrderSQL.lock, values) { session, found throws(MariaDBError) in
            guard let locked = try LockedMonitors(found: found) else { return .stopped }
            notices.passedOver(locked.others)
            var decisions: [RebalanceDecision] = []
            for monitor in locked.ours {
                guard let plan = plans[monitor.id],
                    let decision = RebalanceDecision(plan, row: monitor, open: locked.entries[monitor.id])
                else { continue }
                decisions.append(decision)
            }
            // Not "moved none": whoever counts vain attempts would give the job up.
            if decisions.isEmpty, !locked.others.isEmpty {
                throw .conflict(code: 0, reason: "\(locked.others.count) monitors are locked by another transaction")
            }
            guard !decisions.isEmpty else { return .moved([]) }
            let batch = MariaDBClusterStore.values(of: decisions, epoch: lease.epoch)
            try session.execute(OrderSQL.rehome, batch + [.int(decisions.count), .int(job)])
            return .moved(decisions.map(\.monitor))
        }
    }

    /// For `OrderSQL.rehome`, but for its progress.
    private static func values(of decisions: [RebalanceDecision], epoch: Int64) -> [Value] {
        var (homes, closings, entries) = (JSONRows(), JSONRows(), JSONRows())
        for decision in decisions {
            homes.append([.number(decision.monitor.number), .text(decision.to.text)])
            if let closing = decision.closing {
                closings.append([.number(closing.entry), .text(closing.outcome.rawValue)])
            }
            entries.append([
                .number(decision.monitor.number), .text(decision.from.text), .text(decision.to.text),
                .optional(decision.previousAssigned?.text), .text(decision.reason.column),
                .text(MoveOutcome.permanent.rawValue),
            ])
        }
        return [homes.value, closings.value, .int(epoch), entries.value]
    }

    package func finishJob(_ job: Int64, as end: RebalanceEnd, under lease: Lease) async throws(StoreError) {
        let values: [Value] = [.text(end.state.rawValue), .optional(end.error), .int(job), .int(JobLimits.kept - 1)]
        try await fenced(by: lease, OrderSQL.end, values) { _, _ in }
    }

    package func moves(_ query: MoveQuery) async throws(StoreError) -> [RecordedMove] {
        try recordedMoves(try await self.query(OrderSQL.moves, MariaDBClusterStore.values(of: query)))
    }

    static func values(of query: MoveQuery) -> [Value] {
        let node = Value.optional(query.node?.text)
        let reasons = (query.reason.map { [$0] } ?? MoveReason.allCases).flatMap(\.columns)
        return [
            .int(query.before ?? .max), node, node, node, .text(reasons.joined(separator: ",")),
            .int(min(max(query.limit, 1), HistoryLimits.page)),
        ]
    }

    func recordedMoves(_ rows: Rows) throws(StoreError) -> [RecordedMove] {
        try decode { () throws(MariaDBError) in
            let (id, monitor, from) = (
                try rows.column("id"), try rows.column("monitor_id"), try rows.column("from_node")
            )
            let (to, previous) = (try rows.column("to_node"), try rows.column("previous_assigned"))
            let (reason, outcome) = (try rows.column("reason"), try rows.column("closed_as"))
            let (movedAt, closedAt) = (try rows.column("moved_at"), try rows.column("returned_at"))
            var moves: [RecordedMove] = []
            for row in rows {
                // A reason that a newer release wrote is passed over.
                guard let reason = MoveReason(word: try row.text(reason)) else { continue }
                moves.append(
                    RecordedMove(
                        id: try row.int(id), monitor: MonitorID(try row.int(monitor)),
                        from: NodeReference(text: try row.text(from)), to: NodeReference(text: try row.text(to)),
                        previousAssigned: try row.optionalText(previous).map(NodeReference.init(text:)),
                        reason: reason, movedAt: try row.optionalText(movedAt) ?? "",
                        closedAt: try row.optionalText(closedAt),
                        outcome: try row.optionalText(outcome).flatMap(MoveOutcome.init(rawValue:))))
            }
            return moves
        }
    }
}

// MARK: - Pause

extension MariaDBClusterStore {
    package func pause(_ order: PauseOrder) async throws(StoreError) {
        let until = order.until.map { $0.microseconds / 1_000 }
        do throws(MariaDBError) {
            try await connection.transaction { session throws(MariaDBError) in
                try session.execute(FenceSQL.passLeader)
                try session.execute(OrderSQL.set, [.text("pause_by"), .text(order.by)])
                try session.execute(OrderSQL.set, [.text("pause_reason"), .text(order.reason)])
                if let until {
                    try session.execute(OrderSQL.set, [.text("pause_until"), .text(String(until))])
                } else {
                    try session.execute(OrderSQL.forgetUntil)
                }
                return .commit(())
            }
        } catch { throw StoreError(error) }
    }

    package func resume(_ end: PauseEnd) async throws(StoreError) -> Bool {
        do throws(MariaDBError) {
            return try await connection.transaction { session throws(MariaDBError) in
                switch end {
                case .any: break
                case .overdue:
                    if try session.query(OrderSQL.overdue).isEmpty { return .rollBack(false) }
                }
                return .commit(try session.execute(OrderSQL.endPause).matchedRows > 0)
            }
        } catch { throw StoreError(error) }
    }
}

package import ClusterCore
import MariaDB

/// The lease: one row, compared and set on the database's clock.
enum LeaseSQL {
    static let read: Statement = """
        SELECT holder, epoch, COALESCE(TIMESTAMPDIFF(MICROSECOND, NOW(3), expires_at), 0) AS remaining
        FROM cluster_lease WHERE name = 'leader'
        """

    /// Followed by `read`: NOW(3) is the time at which a statement began, and this one may have waited for the lock since.
    static let lock: Statement = "SELECT epoch FROM cluster_lease WHERE name = 'leader' FOR UPDATE"

    static let seed: Statement = """
        INSERT IGNORE INTO cluster_lease (name, holder, epoch, expires_at) VALUES ('leader', '', 0, NULL)
        """

    /// The old values stand in the condition too: on Galera, where the lock above is local to a host, they and the
    /// certification of the row decide.
    static let take: Statement = """
        UPDATE cluster_lease SET holder = ?, epoch = ?, expires_at = NOW(3) + INTERVAL ? MICROSECOND,
            touches = touches + 1
        WHERE name = 'leader' AND holder = ? AND epoch = ?
        """

    static let release: Statement = """
        UPDATE cluster_lease SET holder = '', expires_at = NULL
        WHERE name = 'leader' AND holder = ? AND epoch = ?
        """

    /// The fence that every leader transaction writes first (DESIGN.md §6). `touches` makes it a real change even within
    /// one millisecond: a row that does not change is in no Galera write set.
    static let touch: Statement = """
        UPDATE cluster_lease SET touched_at = NOW(3), touches = touches + 1
        WHERE name = 'leader' AND holder = ? AND epoch = ? AND expires_at > NOW(3)
        """

    /// A row that somebody else keeps locked is not waited for: the lease would run out meanwhile.
    static let lockNode: Statement = "SELECT node_id FROM node WHERE node_id = ? FOR UPDATE NOWAIT"

    /// In the words of `AgentSQL.report`: what we judge dates `status_since`, and `last_report` stays the agent's. A
    /// report from the future entitles us too, as in `AgentSQL.report`; the leader counts that silence by its own clock.
    static let speak: Statement = """
        UPDATE node SET
            status_since = IF(status_verdict <=> ?, status_since, NOW(3)), status_verdict = ?, status = ?,
            ok_streak = ?, fail_streak = ?, agent_detail = ?
        WHERE node_id = ? AND active = 1 AND (last_report IS NULL OR agent_health = 'detached'
            OR last_report < NOW(3) - INTERVAL ? MICROSECOND OR last_report > NOW(3) + INTERVAL 1 SECOND)
        """
}

extension MariaDBClusterStore {
    /// What the lease row says.
    private struct LeaseRow {
        let holder: String
        let epoch: Int64
        let remaining: Duration

        init?(_ rows: Rows) throws(MariaDBError) {
            guard let row = rows.first else { return nil }
            holder = try row.text(try rows.column("holder"))
            epoch = try row.int(try rows.column("epoch"))
            remaining = .microseconds(try row.int(try rows.column("remaining")))
        }

        func isHeld(byOtherThan holder: BalancerID, ttl: Duration) -> LeaseAnswer? {
            guard !self.holder.isEmpty, self.holder != holder.text,
                LeaseLimits.isStanding(remaining: remaining, ttl: ttl)
            else { return nil }
            return .heldByOther(BalancerID(text: self.holder), epoch: epoch, expiresIn: remaining)
        }
    }

    package func acquireLease(holder: BalancerID, ttl: Duration) async throws(StoreError) -> LeaseAnswer {
        do throws(MariaDBError) {
            // Followers ask without a lock: they never wait for a leader's transaction.
            if let row = try LeaseRow(try await connection.query(LeaseSQL.read)) {
                if let other = row.isHeld(byOtherThan: holder, ttl: ttl) { return other }
            } else {
                try await connection.execute(LeaseSQL.seed)
            }
            return try await connection.transaction { session throws(MariaDBError) in
                _ = try session.query(LeaseSQL.lock)
                guard let row = try LeaseRow(try session.query(LeaseSQL.read)) else {
                    throw .conflict(code: 0, reason: "the lease row is gone")
                }
                if let other = row.isHeld(byOtherThan: holder, ttl: ttl) { return .rollBack(other) }
                let isNew =
                    row.holder != holder.text || !LeaseLimits.isStanding(remaining: row.remaining, ttl: ttl)
                let epoch = row.epoch + (isNew ? 1 : 0)
                let effect = try session.execute(
                    LeaseSQL.take,
                    [.text(holder.text), .int(epoch), .int(ttl.microseconds), .text(row.holder), .int(row.epoch)])
                guard effect.matchedRows == 1 else { throw .conflict(code: 0, reason: "the lease row changed") }
                return .commit(.held(Lease(holder: holder, epoch: epoch), isNew: isNew))
            }
        } catch { throw StoreError(error) }
    }

    package func releaseLease(_ lease: Lease) async throws(StoreError) {
        try await execute(LeaseSQL.release, [.text(lease.holder.text), .int(lease.epoch)])
    }

    package func speak(_ statement: SpokenStatus, under lease: Lease) async throws(StoreError) -> Bool {
        let status = Value.text(statement.status.rawValue)
        let values: [Value] = [
            status, status, status, .int(statement.okStreak), .int(statement.failStreak), .text(statement.detail),
            .text(statement.node.text), .int(statement.silentFor.microseconds),
        ]
        return try await fenced(by: lease) { session throws(MariaDBError) in
            _ = try session.query(LeaseSQL.lockNode, [.text(statement.node.text)])
            return try session.execute(LeaseSQL.speak, values).matchedRows > 0
        }
    }

    /// Runs a leader's transaction, which writes the lease row first.
    /// - Throws: `.leaseLost` when the row is not ours any more; then nothing was written.
    func fenced<Result: Sendable>(
        by lease: Lease, _ body: @Sendable (Session) throws(MariaDBError) -> Result
    ) async throws(StoreError) -> Result {
        let result: Result?
        do throws(MariaDBError) {
            result = try await connection.transaction { session throws(MariaDBError) in
                let touched = try session.execute(
                    LeaseSQL.touch, [.text(lease.holder.text), .int(lease.epoch)])
                guard touched.matchedRows == 1 else { return .rollBack(nil as Result?) }
                return .commit(try body(session))
            }
        } catch { throw StoreError(error) }
        guard let result else { throw .leaseLost }
        return result
    }
}

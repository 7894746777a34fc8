package import ClusterCore
import MariaDB
import Synchronization

/// The lease: one row, compared and set on the database's clock.
enum LeaseSQL {
    static let read: Statement = """
        SELECT holder, epoch, COALESCE(TIMESTAMPDIFF(MICROSECOND, NOW(3), expires_at), 0) AS remaining
        FROM cluster_lease WHERE name = 'leader'
        """

    /// Followed by `read`: NOW(3) is the time at which a statement began, and this one may have waited for the lock since.
    static let lock: Statement = "SELECT epoch FROM cluster_lease WHERE name = 'leader' FOR UPDATE"

    /// Of a lease that is ours and stands (`LeaseLimits`): one round trip, and not the five of a transaction. The epoch comes back
    /// as the statement's insert id. Where somebody else took the row while this waited for its lock, it matches nothing.
    static let renew: Statement = """
        UPDATE cluster_lease SET expires_at = NOW(3) + INTERVAL ? MICROSECOND, touches = touches + 1,
            epoch = LAST_INSERT_ID(epoch)
        WHERE name = 'leader' AND holder = ? AND expires_at > NOW(3)
            AND expires_at <= NOW(3) + INTERVAL ? MICROSECOND
        """

    /// A read, and the beginning of the transaction that takes the lease, unless it is another's by what was read: so
    /// followers never wait for a leader's transaction.
    static let begin = Statement(
        joining: "BEGIN NOT ATOMIC", read,
        """
        ; IF NOT EXISTS (SELECT 1 FROM cluster_lease WHERE name = 'leader' AND holder <> '' AND holder <> ?
            AND expires_at > NOW(3) AND expires_at <= NOW(3) + INTERVAL ? MICROSECOND)
        THEN
            IF NOT EXISTS (SELECT 1 FROM cluster_lease WHERE name = 'leader') THEN
        """, seed,
        """
            ; END IF;
            START TRANSACTION;
        """, lock, ";", read, "; END IF; END")

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

    /// A row that somebody else keeps locked is not waited for: the lease would run out meanwhile. Not NOWAIT, which MariaDB
    /// refuses inside a compound statement (1314).
    static let lockNode: Statement = "SELECT node_id FROM node WHERE node_id = ? FOR UPDATE SKIP LOCKED"

    /// In the words of `AgentSQL.report`: what we judge dates `status_since`, and `last_report` stays the agent's. A
    /// report from the future entitles us too, as in `AgentSQL.report`; the leader counts that silence by its own clock.
    static let speak: Statement = """
        UPDATE node SET
            status_since = IF(status_verdict <=> ?, status_since, NOW(3)), status_verdict = ?, status = ?,
            ok_streak = ?, fail_streak = ?, agent_detail = ?
        WHERE node_id = ? AND active = 1 AND (last_report IS NULL OR agent_health = 'detached'
            OR last_report < NOW(3) - INTERVAL ? MICROSECOND OR last_report > NOW(3) + INTERVAL 1 SECOND)
        """

    static let fencedSpeak = FenceSQL.fenced(
        Statement(
            joining: lockNode, "; IF FOUND_ROWS() = 0 THEN SELECT COUNT(*) AS locked FROM node WHERE node_id = ?; ELSE",
            speak,
            "; SELECT ROW_COUNT() AS written; END IF"))
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
            if tenure.isHeld(by: holder) {
                let renewal = try await connection.execute(
                    LeaseSQL.renew,
                    [
                        .int(ttl.microseconds), .text(holder.text),
                        .int((ttl + DatabaseClock.tolerance).microseconds),
                    ])
                if renewal.matchedRows == 1 {
                    return .held(Lease(holder: holder, epoch: Int64(renewal.lastInsertID)), isNew: false)
                }
                tenure.ended()
            }
            let begins: [Value] = [.text(holder.text), .int((ttl + DatabaseClock.tolerance).microseconds)]
            let answer = try await connection.transaction(begins: .body) {
                session throws(MariaDBError) -> Connection.Ending<LeaseAnswer> in
                let found = try session.queries(LeaseSQL.begin, begins)
                guard let rows = found.last, let row = try LeaseRow(rows) else {
                    throw .conflict(code: 0, reason: "the lease row is gone")
                }
                let other = row.isHeld(byOtherThan: holder, ttl: ttl)
                if found.count == 1 {
                    guard let other else { throw .conflict(code: 0, reason: "the lease ran out between two reads") }
                    return .notBegun(other)
                }
                if let other { return .rollBack(other) }
                let isNew =
                    row.holder != holder.text || !LeaseLimits.isStanding(remaining: row.remaining, ttl: ttl)
                let epoch = row.epoch + (isNew ? 1 : 0)
                let effect = try session.execute(
                    LeaseSQL.take,
                    [.text(holder.text), .int(epoch), .int(ttl.microseconds), .text(row.holder), .int(row.epoch)])
                guard effect.matchedRows == 1 else { throw .conflict(code: 0, reason: "the lease row changed") }
                return .commit(.held(Lease(holder: holder, epoch: epoch), isNew: isNew))
            }
            if case .held = answer { tenure.began(holder) }
            return answer
        } catch { throw StoreError(error) }
    }

    package func releaseLease(_ lease: Lease) async throws(StoreError) {
        tenure.ended()
        try await execute(LeaseSQL.release, [.text(lease.holder.text), .int(lease.epoch)])
    }

    package func speak(_ statement: SpokenStatus, under lease: Lease) async throws(StoreError) -> Bool {
        let status = Value.text(statement.status.rawValue)
        let values: [Value] = [
            status, status, status, .int(statement.okStreak), .int(statement.failStreak), .text(statement.detail),
            .text(statement.node.text), .int(statement.silentFor.microseconds),
        ]
        let node = Value.text(statement.node.text)
        let word = try await fenced(by: lease, LeaseSQL.fencedSpeak, [node, node] + values) {
            _, found throws(MariaDBError) -> Word in
            guard let rows = found.last, let row = rows.first else { return .unheard }
            switch rows.columnNames.first {
            case "written": return try row.int(try rows.column("written")) == 1 ? .written : .unheard
            case _: return try row.int(try rows.column("locked")) == 0 ? .unheard : .locked
            }
        }
        switch word {
        case .written: return true
        case .unheard: return false
        case .locked: throw .contended(reason: "another transaction keeps the row of node \(statement.node) locked")
        }
    }

    /// What came of speaking for a node.
    private enum Word {
        case written
        /// It speaks for itself again, or is gone.
        case unheard
        case locked
    }
}

/// Who holds the lease through this store, as far as it knows: whoever does renews it in one statement, which takes the row's
/// lock; everybody else reads first, without one.
final class LeaseTenure: Sendable {
    private let holder = Mutex<BalancerID?>(nil)

    func isHeld(by balancer: BalancerID) -> Bool { holder.withLock { $0 == balancer } }
    func began(_ balancer: BalancerID) { holder.withLock { $0 = balancer } }
    func ended() { holder.withLock { $0 = nil } }
}

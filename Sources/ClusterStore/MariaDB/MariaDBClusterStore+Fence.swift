import ClusterCore
import MariaDB

/// How a pause and a leader's transactions come one after the other: both write the lease row first.
enum FenceSQL {
    static let isPaused: Statement = """
        SELECT b.name FROM cluster_setting b LEFT JOIN cluster_setting u ON u.name = 'pause_until'
        WHERE b.name = 'pause_by' AND (u.value IS NULL
            OR CAST(u.value AS SIGNED) > CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED))
        """

    /// Matches no row and waits for nothing: it fails where no statement may begin to write (`ConnectionOptions.writeProbe`).
    static let mayAnythingBeWritten: Statement = """
        SET STATEMENT lock_wait_timeout = 0 FOR UPDATE cluster_lease SET touches = touches WHERE name = '' AND 1 = 0
        """

    /// Comes after the leader's transaction that is under way – on Galera in conflict with it – and before its next one.
    static let passLeader: Statement = "UPDATE cluster_lease SET touches = touches + 1 WHERE name = 'leader'"

    /// The beginning of a leader's transaction, in one round trip: the lease row is written, and where it is ours `body` is
    /// run. Its first answer is `touched`, its first values are the lease's holder and epoch.
    static func fenced(_ body: Statement) -> Statement {
        Statement(
            joining: """
                BEGIN NOT ATOMIC
                    DECLARE touched, paused INT DEFAULT 0;
                    START TRANSACTION;
                """, LeaseSQL.touch,
            """
            ;
            SET touched = ROW_COUNT();
            SELECT touched AS touched;
            IF touched = 1 THEN
            """, body, "; END IF; END")
    }

    /// Passes over `body` when a pause was written: asked by whoever moves, in the transaction that moves. A database without
    /// our table of settings (1146) has no pause.
    static func unlessPaused(_ body: Statement) -> Statement {
        Statement(
            joining: """
                BEGIN
                    DECLARE CONTINUE HANDLER FOR 1146 BEGIN END;
                    SET paused = EXISTS (
                """, isPaused,
            """
                );
            END;
            IF paused = 0 THEN
            """, body, "; END IF")
    }
}

extension MariaDBClusterStore {
    /// Runs a leader's transaction, whose first round trip is `opening`, a `FenceSQL.fenced` one.
    /// - Parameter body: gets what the queries of the opening's own body found.
    /// - Throws: `.leaseLost` when the lease row is not ours any more; then nothing was written.
    func fenced<Result: Sendable>(
        by lease: Lease, _ opening: Statement, _ values: [Value],
        _ body: @Sendable (Session, [Rows]) throws(MariaDBError) -> Result
    ) async throws(StoreError) -> Result {
        let owner: [Value] = [.text(lease.holder.text), .int(lease.epoch)]
        let result: Result?
        do throws(MariaDBError) {
            result = try await connection.transaction(begins: .body) { session throws(MariaDBError) in
                let found = try session.queries(opening, owner + values)
                guard let touched = found.first, try touched.first?.int(try touched.column("touched")) == 1 else {
                    return .rollBack(nil as Result?)
                }
                return .commit(try body(session, Array(found.dropFirst())))
            }
        } catch { throw StoreError(error) }
        guard let result else { throw .leaseLost }
        return result
    }
}

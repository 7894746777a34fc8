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
}

extension MariaDBClusterStore {
    /// Asked by whoever moves, in the transaction that moves. A database without our table of settings has no pause.
    static func isPaused(_ session: Session) throws(MariaDBError) -> Bool {
        do { return try !session.query(FenceSQL.isPaused).isEmpty } catch .schemaMissing { return false }
    }
}

import MariaDB

/// One process at a time alters Kuma's tables: a row of `cluster_lease`, by the database's clock. Whoever finds a table in use
/// puts off the next attempt of everybody, for longer each time.
struct SchemaTurn {
    /// Taken already by the same holder it is taken once more: the call is a reading one, which `Connection` repeats on another
    /// host when it does not know what became of it.
    private static let take: Statement = """
        BEGIN NOT ATOMIC
            INSERT IGNORE INTO cluster_lease (name, holder, epoch, expires_at) VALUES ('schema', '', 0, NULL);
            UPDATE cluster_lease SET holder = ?, epoch = epoch + 1, expires_at = NOW(3) + INTERVAL ? MICROSECOND
            WHERE name = 'schema' AND (expires_at IS NULL OR expires_at <= NOW(3)
                OR expires_at > NOW(3) + INTERVAL ? MICROSECOND OR holder = ?);
            SELECT ROW_COUNT() AS taken;
        END
        """

    /// `touches` counts the attempts that came to nothing.
    private static let putOff: Statement = """
        UPDATE cluster_lease SET holder = '', touches = touches + 1,
            expires_at = NOW(3) + INTERVAL LEAST(? * POW(2, LEAST(touches - 1, 20)), ?) MICROSECOND
        WHERE name = 'schema' AND holder = ?
        """

    private static let end: Statement = """
        UPDATE cluster_lease SET holder = '', expires_at = NULL, touches = 0 WHERE name = 'schema' AND holder = ?
        """

    /// Of one who died in the middle. A second one then finds the table in use, or the change made.
    static let longest: Duration = .seconds(30)
    /// After the first attempt that came to nothing; doubled by each.
    static let firstPause: Duration = .milliseconds(250)
    static let longestPause: Duration = .seconds(4)

    private let connection: Connection
    private let holder: Value

    /// Takes the turn.
    /// - Parameter holder: unlike everybody else's, and another one for each turn.
    /// - Returns: nil when it is another process's, or none is due yet.
    init?(
        on connection: Connection, holder name: String = "\(UInt64.random(in: .min ... .max))"
    ) async throws(MariaDBError) {
        self.connection = connection
        holder = .text(name)
        let rows = try await connection.query(
            SchemaTurn.take,
            [holder, .int(SchemaTurn.longest.microseconds), .int((SchemaTurn.longest * 2).microseconds), holder])
        guard try rows.first?.int(try rows.column("taken")) == 1 else { return nil }
    }

    func putOff() async throws(MariaDBError) {
        try await connection.execute(
            SchemaTurn.putOff,
            [.int(SchemaTurn.firstPause.microseconds), .int(SchemaTurn.longestPause.microseconds), holder])
    }

    func end() async throws(MariaDBError) { try await connection.execute(SchemaTurn.end, [holder]) }
}

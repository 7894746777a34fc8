import ClusterCore
package import Logging
package import MariaDB
import Synchronization

/// The contract of `ClusterStore` on a real database. MariaDB 10.6 or newer: bulk statements read their rows from one bound
/// JSON value (`JSON_TABLE`), so that every statement's text is a constant, however many rows it moves.
///
/// One connection, so one statement at a time. Files by topic: Agent, Poll, Lease, Moves, History.
package struct MariaDBClusterStore: ClusterStore {
    let connection: Connection
    let notices: LockNotices
    let tenure = LeaseTenure()

    /// On a connection that is there already. It should have `writeProbe` set, as the other initialiser does: without it a
    /// locked host cannot be told from a locked row.
    /// - Parameter logger: gets which monitors are passed over because somebody keeps them locked, once a minute at most.
    package init(_ connection: Connection, logger: Logger) {
        self.connection = connection
        notices = LockNotices(logger)
    }

    /// On a connection of its own, which is made with the first call and not here.
    /// - Parameter logger: for the connection as well.
    package init(_ options: ConnectionOptions, logger: Logger) {
        var options = options
        options.writeProbe = FenceSQL.mayAnythingBeWritten
        self.init(Connection(options, logger: logger), logger: logger)
    }

    package func prepareSchema() async throws(StoreError) -> SchemaReport {
        try await SchemaMigration(connection: connection).run()
    }

    /// Closes the connection for good.
    package func close() async { await connection.close() }

    /// Calls of the connection that came to an end, good or bad, since the start.
    package var endedCalls: Int { connection.endedCalls.load(ordering: .relaxed) }

    package var databaseHosts: DatabaseHosts? {
        let report = connection.hostReport.withLock { $0 }
        return DatabaseHosts(
            current: report.current,
            unfit: report.unfit.map { DatabaseHosts.Unfit(host: $0.host, reason: $0.reason) })
    }

    func query(_ statement: Statement, _ values: [Value] = []) async throws(StoreError) -> Rows {
        do { return try await connection.query(statement, values) } catch { throw StoreError(error) }
    }

    @discardableResult
    func execute(_ statement: Statement, _ values: [Value] = []) async throws(StoreError) -> Effect {
        do { return try await connection.execute(statement, values) } catch { throw StoreError(error) }
    }

    /// Reads rows into values; a column of an unexpected type is a defect and reported as refused.
    func decode<Result>(_ body: () throws(MariaDBError) -> Result) throws(StoreError) -> Result {
        do { return try body() } catch { throw StoreError(error) }
    }
}

extension Duration {
    /// For `INTERVAL ? MICROSECOND`.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}

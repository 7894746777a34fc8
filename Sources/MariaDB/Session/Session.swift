import CMariaDB
import Glibc
import Secrets

/// One open, set-up connection to one server: what a transaction's body works with. Not `Sendable`: it lives on its
/// `Connection`'s thread, and every call blocks that thread until the answer is there or its time is up.
package final class Session {
    // SAFETY: made in `init` and closed in `deinit`, and nowhere else; used on one thread at a time, because the session
    // belongs to one actor and is never handed out of it.
    private let handle: UnsafeMutablePointer<MYSQL>
    private var statements: [Statement: (prepared: PreparedStatement, lastUse: UInt64)] = [:]
    private var uses: UInt64 = 0
    /// CR_UNKNOWN_HOST: the name's resolver was slow, and nobody was asked.
    private static let unknownHost: UInt32 = 2005
    private let readTimeout: Duration
    /// Whether an error broke it; then every further call fails and the owner drops it.
    private(set) var isBroken = false
    /// An error that may mean the host; see `takeDoubt()`.
    private var doubt: ServerFault.Doubt?
    /// How the host was when it let us in. Where it does not serve alone, nothing was set up and the session is of no use: a
    /// Galera host outside its cluster refuses a compound statement (1047).
    private(set) var fitnessAtLogin = HostFitness.fit

    /// Connects, asks the host how it is, and sets up the session: UTC, utf8mb4, strict mode, READ COMMITTED, time limits.
    /// - Parameters:
    ///   - place: nil for the Unix socket of `options`.
    ///   - connectTimeout: for TCP connect, TLS and log-in together; whole seconds, like the one of `options`.
    init(_ options: ConnectionOptions, at place: ConnectPlace?, connectTimeout: Duration) throws(MariaDBError) {
        guard let handle = mysql_init(nil) else { throw .unavailable(reason: "no memory for a connection") }
        self.handle = handle
        readTimeout = .seconds(options.readTimeout.roundedUpSeconds)
        SessionOptions.apply(options, connectTimeout: connectTimeout, to: handle)
        try connect(options, at: place, connectTimeout: connectTimeout)
        fitnessAtLogin = try readFitness()
        if fitnessAtLogin.servesAlone { try setUp(options) }
    }

    deinit {
        statements.removeAll()
        mysql_close(handle)
    }

    private func connect(
        _ options: ConnectionOptions, at place: ConnectPlace?, connectTimeout: Duration
    ) throws(MariaDBError) {
        let socketPath: String? =
            switch options.endpoint {
            case .hosts: nil
            case .unixSocket(let path): path
            }
        let start = ContinuousClock.now
        let connected = mysql_real_connect(
            handle, place?.address, options.user, options.password.revealed, options.database,
            UInt32(place?.host.port ?? 0), socketPath, UInt(CLIENT_FOUND_ROWS))
        guard connected == nil else { return try requireEncryption(options, host: place?.host) }
        let isSlow = ContinuousClock.now - start >= .seconds(connectTimeout.roundedUpSeconds)
        let name = place.map { "\($0)" } ?? socketPath ?? ""
        isBroken = true
        let code = mysql_errno(handle)
        // What the server itself says, such as a wrong password, stays what it is, however late.
        if isSlow, ServerFault.isClientLibrary(code), code != Session.unknownHost {
            throw .overloaded(reason: "\(name): no answer in time")
        }
        let reason = "\(name): \(String(cString: mysql_error(handle)))"
        throw ServerFault(code: code, reason: reason, statement: "connect", stage: .running, wentSilent: false).error
    }

    /// `MYSQL_OPT_SSL_ENFORCE` of Connector/C 3.3 only asks for TLS and takes plain text from a server without it; so look.
    private func requireEncryption(_ options: ConnectionOptions, host: Host?) throws(MariaDBError) {
        guard let host else { return }
        switch options.tls {
        case .off, .preferred: return
        case .required, .verified: break
        }
        guard mysql_get_ssl_cipher(handle) == nil else { return }
        isBroken = true
        throw .unavailable(reason: "\(host): the server offers no TLS, and TLS is required")
    }

    /// Intersections are off because MariaDB merged two indexes to find a node's monitors where one of them holds all of
    /// the answer: with 1 000 agents that was a quarter of its work.
    ///
    /// On Galera a host may be behind the others; a read there waits until it is not (`wsrep_sync_wait`). Without that, a
    /// change of hosts could show a leader the tables as they were before its own last writes.
    ///
    /// One round trip for all. What a server may have been built without – Galera or the thread pool – is parsed only as it
    /// comes to be executed, and ER_UNKNOWN_SYSTEM_VARIABLE (1193) then passed over.
    private func setUp(_ options: ConnectionOptions) throws(MariaDBError) {
        let isFirst: Int64 =
            switch options.precedence {
            case .ordinary: 0
            case .first: 1
            }
        try execute(
            """
            BEGIN NOT ATOMIC
                DECLARE CONTINUE HANDLER FOR 1193 BEGIN END;
                SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
                SET SESSION time_zone = '+00:00', autocommit = 1,
                    sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
                    optimizer_switch = 'index_merge_intersection=off',
                    max_statement_time = ?, innodb_lock_wait_timeout = ?, lock_wait_timeout = ?,
                    idle_transaction_timeout = ?;
                EXECUTE IMMEDIATE 'SET SESSION wsrep_sync_wait = 1';
                IF ? THEN EXECUTE IMMEDIATE 'SET SESSION thread_pool_priority = ''high'''; END IF;
            END
            """,
            [
                .double(options.statementTimeout / .seconds(1)),
                .int(options.lockWaitTimeout.roundedUpSeconds), .int(options.lockWaitTimeout.roundedUpSeconds),
                .int(options.idleTransactionTimeout.roundedUpSeconds), .int(isFirst),
            ])
    }

    /// Sets what a server may have been built without: Galera.
    func setOptionally(_ statement: Statement) throws(MariaDBError) {
        do { try perform(statement) } catch {
            switch error {
            // ER_UNKNOWN_SYSTEM_VARIABLE
            case .refused(code: 1193, _): return
            case .unavailable, .overloaded, .deadlineExceeded, .loginRefused, .notPermitted, .schemaMissing, .conflict,
                .refused, .misused:
                throw error
            }
        }
    }

    /// Runs a query and reads all of its rows.
    /// - Throws: see `MariaDBError`; after `.unavailable` and a silent server the session is broken.
    package func query(_ statement: Statement, _ values: [Value] = []) throws(MariaDBError) -> Rows {
        try queries(statement, values).first ?? Rows(columnNames: [], values: [], count: 0)
    }

    /// Runs a compound statement (`BEGIN NOT ATOMIC … END`) in one round trip and reads what each of its queries found, in
    /// their order. A query that it passed over has no part in that.
    package func queries(_ statement: Statement, _ values: [Value] = []) throws(MariaDBError) -> [Rows] {
        try run(statement, values).compactMap(\.rows)
    }

    /// Runs a statement that returns no rows.
    @discardableResult
    package func execute(_ statement: Statement, _ values: [Value] = []) throws(MariaDBError) -> Effect {
        try run(statement, values).last?.effect ?? Effect(matchedRows: 0, lastInsertID: 0)
    }

    private func run(_ statement: Statement, _ values: [Value]) throws(MariaDBError) -> [PreparedStatement.Part] {
        try requireUsable()
        let start = ContinuousClock.now
        let prepared: PreparedStatement
        do { prepared = try self.prepared(statement) } catch {
            throw fail(error, statement, .preparing, since: start)
        }
        do { return try prepared.run(values) } catch {
            statements[statement] = nil
            switch error {
            // The first run prepares it as well.
            case .library(let failure):
                throw fail(failure, statement, prepared.isParsed ? .running : .preparing, since: start)
            case .other(let error): throw error
            }
        }
    }

    /// Runs a constant text that cannot be prepared on every server version.
    func perform(_ statement: Statement) throws(MariaDBError) {
        try requireUsable()
        let start = ContinuousClock.now
        guard mysql_real_query(handle, statement.text, UInt(statement.text.utf8.count)) == 0 else {
            let failure = PreparedStatement.Failure(
                code: mysql_errno(handle), reason: String(cString: mysql_error(handle)))
            throw fail(failure, statement, .running, since: start)
        }
    }

    private func requireUsable() throws(MariaDBError) {
        guard !isBroken else { throw .unavailable(reason: "the connection broke earlier") }
    }

    private func prepared(_ statement: Statement) throws(PreparedStatement.Failure) -> PreparedStatement {
        uses += 1
        if let known = statements[statement] {
            statements[statement] = (known.prepared, uses)
            return known.prepared
        }
        if statements.count >= ConnectionLimits.statements,
            let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
        {
            statements[oldest] = nil
        }
        let prepared = try PreparedStatement(statement, on: handle)
        statements[statement] = (prepared, uses)
        return prepared
    }

    private func fail(
        _ failure: PreparedStatement.Failure, _ statement: Statement, _ stage: ServerFault.Stage,
        since start: ContinuousClock.Instant
    ) -> MariaDBError {
        let fault = ServerFault(
            code: failure.code, reason: failure.reason, statement: statement.summary, stage: stage,
            wentSilent: ContinuousClock.now - start >= readTimeout)
        switch fault.aftermath {
        case .usable: break
        case .doubtHost(let doubt): self.doubt = doubt
        case .close: isBroken = true
        }
        return fault.error
    }

    /// What has made the host doubtful since this was asked last.
    func takeDoubt() -> ServerFault.Doubt? {
        defer { doubt = nil }
        return doubt
    }

    /// Whether the server closed the connection, or sent something unasked, while it was idle. Costs one poll(2) and
    /// spares a statement whose fate would be unknown.
    func isAbandoned() -> Bool {
        var descriptor = pollfd(fd: mysql_get_socket(handle), events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) != 0
    }
}

extension Duration {
    /// libmariadb and several server variables count whole seconds; at least 1, because 0 would mean "for ever".
    var roundedUpSeconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) + (attoseconds > 0 ? 1 : 0))
    }
}

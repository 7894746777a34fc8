// libmariadb as Swift: one connection on one thread, prepared statements, typed rows, a deadline for each call. Never a table
// of the cluster; what statements mean is ClusterStore's.

package import Logging
package import Synchronization

/// A connection to the database that opens when it is first needed and opens again, with back-off, after it broke.
///
/// An actor on a thread of its own: callers may be many, the server sees one statement after the other, and no thread of
/// the shared pool ever blocks. Each call ends by its deadline (`ConnectionOptions`); cancelling a caller changes nothing.
package actor Connection {
    private let thread = DatabaseThread()
    /// Statements and attempts at transactions that came to an end, good or bad. Each does by its deadline, so that this goes
    /// on rising while somebody uses the connection, whatever the database does.
    package nonisolated let endedCalls = Atomic<Int>(0)
    /// Which host it works on, and why others are not fit; may be read while a call is under way.
    package nonisolated let hostReport: Mutex<HostReport>
    let options: ConnectionOptions
    let logger: Logger
    let resolver: AddressResolver
    var session: Session?
    var backoff = Backoff()
    var overload: Backoff
    private var notBefore: ContinuousClock.Instant?
    private var lastFailure = "never connected"
    /// Nil is the Unix socket.
    let hosts: [Host?]
    var book: HostBook
    /// When to look for a better host; nil while the one in use is fit.
    var secondLook: ContinuousClock.Instant?
    private var isClosed = false

    /// The connection's own thread, so that a blocking call of libmariadb holds up nobody but its callers.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Opens nothing yet.
    package init(_ options: ConnectionOptions, logger: Logger = Logger(label: "database")) {
        self.init(options, logger: logger, resolver: AddressResolver())
    }

    init(
        _ options: ConnectionOptions, logger: Logger = Logger(label: "database"), resolver: AddressResolver
    ) {
        self.resolver = resolver
        self.options = options
        self.logger = logger
        overload = Backoff(first: min(.seconds(1), options.overloadPause), most: options.overloadPause)
        let names: [String]
        switch options.endpoint {
        case .hosts(let listed): (hosts, names) = (listed, listed.map(\.description))
        case .unixSocket(let path): (hosts, names) = ([nil], [path])
        }
        book = HostBook(names)
        hostReport = Mutex(HostReport(current: nil, unfit: []))
    }

    /// Runs a query and returns all of its rows.
    /// - Throws: see `MariaDBError`.
    package func query(_ statement: Statement, _ values: [Value] = []) throws(MariaDBError) -> Rows {
        try perform(.reading) { session throws(MariaDBError) in try session.query(statement, values) }
    }

    /// Runs a compound statement; see `Session.queries`.
    package func queries(_ statement: Statement, _ values: [Value] = []) throws(MariaDBError) -> [Rows] {
        try perform(.reading) { session throws(MariaDBError) in try session.queries(statement, values) }
    }

    /// Runs a statement that returns no rows.
    @discardableResult
    package func execute(_ statement: Statement, _ values: [Value] = []) throws(MariaDBError) -> Effect {
        try perform(.writing) { session throws(MariaDBError) in try session.execute(statement, values) }
    }

    /// How a transaction begins.
    package enum Beginning: Sendable {
        /// With a statement of its own, before the body.
        case ownStatement
        /// With the body's first statement, a compound one that begins with `START TRANSACTION`: a round trip less.
        case body
    }

    /// How a transaction's body ends.
    package enum Ending<Result: Sendable>: Sendable {
        case commit(Result)
        case rollBack(Result)
        /// The body's first statement, which should have begun it, passed over that.
        case notBegun(Result)
    }

    /// Runs `body` inside a transaction. After a deadlock, lock wait or Galera certification failure it is started again
    /// from its beginning, at most `ConnectionLimits.transactionAttempts` times in all and for
    /// `ConnectionLimits.transactionTime`; so `body` must not remember anything between runs.
    ///
    /// `body` is synchronous: no other caller's statement can slip into the transaction, and it cannot wait for anything
    /// but the database.
    package nonisolated func transaction<Result: Sendable>(
        begins beginning: Beginning = .ownStatement,
        _ body: @Sendable (Session) throws(MariaDBError) -> Ending<Result>
    ) async throws(MariaDBError) -> Result {
        var pause = Backoff(first: .milliseconds(10), most: .milliseconds(200))
        var attempt = 1
        let start = ContinuousClock.now
        while true {
            do {
                return try await runOnce(beginning, body)
            } catch .conflict(let code, let reason) {
                guard attempt < ConnectionLimits.transactionAttempts,
                    ContinuousClock.now - start < ConnectionLimits.transactionTime
                else {
                    throw .conflict(code: code, reason: reason)
                }
            }
            attempt += 1
            // Cancellation cuts the pause short, and the next attempt still ends properly.
            try? await Task.sleep(for: pause.failed(draw: .random(in: 0...1)))
        }
    }

    private func runOnce<Result: Sendable>(
        _ beginning: Beginning, _ body: @Sendable (Session) throws(MariaDBError) -> Ending<Result>
    ) throws(MariaDBError) -> Result {
        try perform(.writing) { session throws(MariaDBError) in
            switch beginning {
            case .ownStatement: try session.perform("START TRANSACTION")
            case .body: break
            }
            let ending: Ending<Result>
            do throws(MariaDBError) { ending = try body(session) } catch {
                // Nothing was committed; if even this fails the server rolls back by itself when the session goes.
                try? end(session, with: "ROLLBACK")
                throw error
            }
            switch ending {
            case .commit(let result):
                try end(session, with: "COMMIT")
                return result
            case .rollBack(let result):
                try end(session, with: "ROLLBACK")
                return result
            case .notBegun(let result):
                return result
            }
        }
    }

    /// Whatever the error, a transaction that did not end may still be open, and the next statement would become part of
    /// it, or commit it. So the session goes.
    private func end(_ session: Session, with statement: Statement) throws(MariaDBError) {
        do { try session.perform(statement) } catch {
            self.session = nil
            throw error
        }
    }

    /// Closes the connection for good; later calls fail.
    package func close() {
        session = nil
        isClosed = true
    }

    /// Runs `work`, and once more on another host when what became of it on the first does not matter.
    private func perform<Result>(
        _ purpose: Purpose, _ work: (Session) throws(MariaDBError) -> Result
    ) throws(MariaDBError) -> Result {
        defer { endedCalls.add(1, ordering: .relaxed) }
        var isSecond = false
        while true {
            let session = try usableSession()
            do throws(MariaDBError) { return try work(session) } catch {
                switch settle(error, of: session, purpose) {
                case .final(let error): throw error
                case .elsewhere(let error):
                    guard !isSecond else { throw error }
                    isSecond = true
                }
            }
        }
    }

    private func usableSession() throws(MariaDBError) -> Session {
        guard !isClosed else { throw .unavailable(reason: "the connection was closed") }
        if let session {
            if session.isAbandoned() {
                self.session = nil
                logger.info("the database closed an idle connection; opening another")
            } else if let secondLook, ContinuousClock.now >= secondLook {
                return try better(than: session)
            } else {
                return session
            }
        }
        return try open()
    }

    private func open() throws(MariaDBError) -> Session {
        if let notBefore, ContinuousClock.now < notBefore { throw .unavailable(reason: lastFailure) }
        do {
            let session = try openBest()
            self.session = session
            backoff.reset()
            overload.reset()
            notBefore = nil
            return session
        } catch {
            noteFailure(error)
            throw error
        }
    }

    /// A thousand clients that come back within two seconds, each to be cut off before its turn, keep a server busy for
    /// nothing, for ever.
    private func noteFailure(_ error: MariaDBError) {
        let draw = Double.random(in: 0...1)
        let pause: Duration
        switch error {
        case .overloaded(let reason):
            (lastFailure, pause) = (reason, overload.failed(draw: draw))
        // Let in, and the session's first statements had no answer.
        case .deadlineExceeded:
            (lastFailure, pause) = ("\(error)", overload.failed(draw: draw))
        case .unavailable(let reason):
            (lastFailure, pause) = (reason, backoff.failed(draw: draw))
        case .loginRefused, .notPermitted, .schemaMissing, .conflict, .refused, .misused:
            (lastFailure, pause) = ("\(error)", backoff.failed(draw: draw))
        }
        notBefore = ContinuousClock.now + pause
    }
}

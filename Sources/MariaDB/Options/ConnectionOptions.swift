package import Secrets

/// Everything a `Connection` needs to know. A value: parsed once from the configuration, never read again.
package struct ConnectionOptions: Sendable, Equatable {
    /// Where the server listens.
    package enum Endpoint: Sendable, Equatable {
        /// Tried in order; after a host failed, the next one comes first.
        case hosts([Host])
        case unixSocket(path: String)
    }

    /// How much the connection must be protected. Has no effect on a Unix socket.
    package enum TLS: Sendable, Equatable {
        case off
        /// Encrypted where the server offers it. Stops nobody who can change packets.
        case preferred
        /// Encrypted, or no connection; the certificate is not checked.
        case required
        /// Encrypted, and the certificate is signed by this CA file (PEM) and names the host.
        case verified(caFile: String)
    }

    /// Where a server with a thread pool queues our statements; others know no such thing.
    package enum Precedence: Sendable, Equatable {
        /// As the server likes: statements of an open transaction before others.
        case ordinary
        /// `thread_pool_priority = high`: before whatever is queued of ordinary connections, the first statement of a
        /// transaction included.
        case first
    }

    package var endpoint: Endpoint
    package var user: String
    /// Empty for a user without one.
    package var password: Secret
    /// Nil connects without choosing a database, which only set-up tools need.
    package var database: String?
    package var tls: TLS = .off
    package var precedence: Precedence = .ordinary

    /// For one host, all of its addresses: TCP connect, TLS and log-in together. libmariadb counts whole seconds; a part
    /// counts as a whole. Resolving its name may take as long again.
    package var connectTimeout: Duration = .seconds(3)
    /// How long the server may stay silent under a statement before the connection is closed. libmariadb counts
    /// whole seconds (`MYSQL_OPT_READ_TIMEOUT`); a part counts as a whole.
    package var readTimeout: Duration = .seconds(5)
    /// Whole seconds, like `readTimeout`.
    package var writeTimeout: Duration = .seconds(5)
    /// The server ends a statement of ours after this (`max_statement_time`, to the millisecond). Keep it below
    /// `readTimeout`: then a slow statement costs an error, and only a dead server costs the connection.
    package var statementTimeout: Duration = .seconds(4)
    /// `innodb_lock_wait_timeout`, whole seconds: a lock that is held longer belongs to somebody who is stuck.
    package var lockWaitTimeout: Duration = .seconds(2)
    /// How long the server keeps a transaction of ours open while we send nothing (`idle_transaction_timeout`, whole
    /// seconds). It frees the locks of a process that was stopped in the middle.
    package var idleTransactionTimeout: Duration = .seconds(5)

    /// How long we stay away at the most from a server that was too busy to let us in, or silent, which looks the same from
    /// here. `Backoff`'s own most is for one whose machine refuses: that costs nobody anything.
    package var overloadPause: Duration = .seconds(2)

    /// Writes no row, waits for no lock (`SET STATEMENT lock_wait_timeout = 0 FOR …`), and fails with 1205 where no statement
    /// may begin to write at all. It tells a locked host from a locked row, for both of which a server says the same.
    package var writeProbe: Statement?

    /// Everything else as it stands above, until the caller changes it.
    package init(endpoint: Endpoint, user: String, password: Secret = Secret(""), database: String? = nil) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
    }

    /// `hosts` over TCP.
    package init(hosts: [Host], user: String, password: Secret = Secret(""), database: String? = nil) {
        self.init(endpoint: .hosts(hosts), user: user, password: password, database: database)
    }
}

/// Numbers that bound one connection.
package enum ConnectionLimits {
    /// `overloadPause` of those who come in great numbers. A database on one busy core finished fewer log-ins than a
    /// thousand agents asked for within two seconds, and stayed so for minutes. Not longer, because the next beat (2 s) and
    /// the log-in come on top, and REPORT_TTL is 8 s: of a thousand agents 996 had reported within 6 s of a freeze of 30 s,
    /// the last within 9.
    package static let fleetPause: Duration = .seconds(4)
    /// For one of several hosts at the first attempt: one that is silent may not use up the time in which another, which
    /// is fit, is to be found. When all were, the next attempt grants each the whole of `connectTimeout`.
    package static let quickConnect: Duration = .seconds(2)
    /// How often to look for a better host while we work on one that is not fit.
    package static let secondLook: Duration = .seconds(30)
    /// Prepared statements kept open on a connection; the least recently used one goes first. Above what the cluster's
    /// own texts need, far below the server's `max_prepared_stmt_count` (16 382).
    package static let statements = 96
    /// Rows of one answer: ten times the largest map that is measured (100 000 monitors, P8 in Performance.md). Above:
    /// the statement fails.
    package static let rows = 1_000_000
    /// Bytes of one value: MariaDB's default `max_allowed_packet`. Above: the statement fails.
    package static let valueBytes = 16 << 20
    /// How often a transaction is started again after a deadlock or certification failure.
    package static let transactionAttempts = 6
    /// No further attempt begins after this. With the last one's lock wait (2 s) it stays below the 7 s that a leader's
    /// lease lasts at least when a transaction begins: a lock that somebody keeps must not cost the lease.
    package static let transactionTime: Duration = .seconds(4)
}

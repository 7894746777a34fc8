import CMariaDB

/// Sorts the error numbers of server and client library by what a caller can do about them. Numbers: MariaDB
/// `mysqld_error.h` (1000–1999, 3000–4999) and Connector/C `errmsg.h` (2000–2999, 5000–5999).
struct ServerFault: Equatable {
    /// What becomes of the connection.
    enum Aftermath: Equatable {
        case usable
        /// Usable, but the host may be the trouble, not a row of ours: ask it how it is.
        case doubtHost(Doubt)
        /// Broken, or on a host that cannot serve us: close it, and try the next host.
        case close
    }

    /// What an error says of the host, should the host find nothing wrong with itself.
    enum Doubt: Equatable {
        /// A lock, or a deadlock: then it is a row's, or a table's.
        case lock
        /// It refused; it may have had trouble for a moment.
        case refusal
        /// A commit that failed: nobody knows what became of it.
        case commit
    }

    /// What the statement was about when it failed.
    enum Stage: Equatable {
        case preparing
        case running
    }

    let error: MariaDBError
    let aftermath: Aftermath

    /// - Parameters:
    ///   - wentSilent: the call lasted for the whole read or write time-out; the library reports that as a lost connection.
    init(code: UInt32, reason: String, statement: String, stage: Stage, wentSilent: Bool) {
        switch code {
        case 1969, 3024:
            self.init(.deadlineExceeded(statement: statement, by: .server), .usable)
        // Nothing is locked to prepare a statement: so fails `wsrep_sync_wait` on a Galera host that lost its cluster.
        case 1205 where stage == .preparing, 1213 where stage == .preparing:
            self.init(.unavailable(reason: reason), .doubtHost(.refusal))
        case 1205, 1213:
            self.init(.conflict(code: code, reason: reason), .doubtHost(.lock))
        case 1020, 1412:
            self.init(.conflict(code: code, reason: reason), .usable)
        case 1180:
            self.init(.unavailable(reason: reason), .doubtHost(.commit))
        // Of the client library: a log-in's plugin is missing here, or is none of those we allow.
        case 1045, 1130, 1698, 1820, 1862, 2059, 5010:
            self.init(.loginRefused(reason: reason), .close)
        case 1047, 1290, 1792, 1836:
            self.init(.unavailable(reason: reason), .doubtHost(.refusal))
        case 1044, 1142, 1143, 1227, 1370:
            self.init(.notPermitted(code: code, reason: reason), .usable)
        case 1049, 1054, 1146:
            self.init(.schemaMissing(code: code, reason: reason), .usable)
        case _ where ServerFault.isMisuse(code):
            self.init(.misused(reason: reason), .close)
        case _ where ServerFault.isOverload(code):
            self.init(.overloaded(reason: reason), .close)
        case _ where ServerFault.isClientLibrary(code):
            self.init(wentSilent ? .deadlineExceeded(statement: statement) : .unavailable(reason: reason), .close)
        case _ where ServerFault.isHostUnfit(code):
            self.init(.unavailable(reason: reason), .close)
        case _:
            self.init(.refused(code: code, reason: reason), .usable)
        }
    }

    private init(_ error: MariaDBError, _ aftermath: Aftermath) {
        self.error = error
        self.aftermath = aftermath
    }

    /// Too many connections, of all (1040), of one user (1203, 1226), or for the machine's threads (1135).
    private static func isOverload(_ code: UInt32) -> Bool { [1040, 1135, 1203, 1226].contains(code) }

    static func isClientLibrary(_ code: UInt32) -> Bool { (2000...2999) ~= code || (5000...5999) ~= code }

    /// Out of sync, not bound, invalid parameter, invalid buffer, unsupported type: defects of ours.
    private static func isMisuse(_ code: UInt32) -> Bool { [2014, 2031, 2034, 2035, 2036].contains(code) }

    /// The host answers and cannot serve now: shutting down (1053), host blocked (1129), killed (1317, 1927), disk full
    /// (1021), network trouble seen by the server (1158–1161), idle for too long (4031). Beside these there are those after
    /// which it is asked: not ready in its Galera cluster (1047), read-only (1290, 1792, 1836).
    private static func isHostUnfit(_ code: UInt32) -> Bool {
        [1021, 1053, 1129, 1158, 1159, 1160, 1161, 1317, 1927, 4031].contains(code)
    }
}

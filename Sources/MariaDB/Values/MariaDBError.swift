/// Why the database did not do what it was asked; each case says whose fault it is.
package enum MariaDBError: Error, Sendable, Equatable {
    /// No host could be reached, the connection broke, or the host may not serve now (starting up, read-only standby,
    /// Galera node out of its cluster). Trying again later can help.
    case unavailable(reason: String)
    /// The server does not let us in, and may be too busy for it: too many connections already, or no greeting in time, as
    /// from one that is not there. To come back soon, with everybody else, would keep it busy.
    case overloaded(reason: String)
    /// The statement's time was up. When the server had fallen silent the connection was closed.
    case deadlineExceeded(statement: String, by: DeadlineKeeper = .client)
    /// The server does not know this user or password.
    case loginRefused(reason: String)
    /// The user may not do this.
    case notPermitted(code: UInt32, reason: String)
    /// No such table, column or database.
    case schemaMissing(code: UInt32, reason: String)
    /// Deadlock, lock wait or Galera certification: the transaction was rolled back; start it again from its beginning.
    case conflict(code: UInt32, reason: String)
    /// The server refused the statement for any other reason.
    case refused(code: UInt32, reason: String)
    /// We asked wrongly: too few values, a column that was not selected, a value of another type.
    case misused(reason: String)
}

/// Who found that a statement's time was up.
package enum DeadlineKeeper: Sendable, Equatable {
    /// The server ended it by `max_statement_time`: it is there, and the session is usable.
    case server
    /// We did; the server said nothing.
    case client
}

extension MariaDBError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unavailable(let reason): "unavailable: \(reason)"
        case .overloaded(let reason): "overloaded or silent: \(reason)"
        case .deadlineExceeded(let statement, .server): "ended, because it took too long: \(statement)"
        case .deadlineExceeded(let statement, .client): "no answer in time to: \(statement)"
        case .loginRefused(let reason): "log-in refused: \(reason)"
        case .notPermitted(let code, let reason): "not permitted (\(code)): \(reason)"
        case .schemaMissing(let code, let reason): "table or column missing (\(code)): \(reason)"
        case .conflict(let code, let reason): "transaction conflict (\(code)): \(reason)"
        case .refused(let code, let reason): "refused (\(code)): \(reason)"
        case .misused(let reason): "asked wrongly: \(reason)"
        }
    }
}

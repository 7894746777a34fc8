import MariaDB

extension StoreError {
    init(_ error: MariaDBError) {
        switch error {
        case .unavailable(let reason), .overloaded(let reason): self = .unavailable(reason: reason)
        case .deadlineExceeded(let statement, .server): self = .deadlineExceeded(statement: statement, by: .database)
        case .deadlineExceeded(let statement, .client): self = .deadlineExceeded(statement: statement)
        // A database that is being set up learns of its users after it begins to answer.
        case .loginRefused(let reason): self = .unavailable(reason: "log-in refused: \(reason)")
        case .notPermitted(_, let reason): self = .notPermitted(reason: reason, sql: [])
        case .schemaMissing(_, let reason): self = .schemaMissing(reason: reason)
        case .conflict(_, let reason): self = .contended(reason: reason)
        case .refused(let code, let reason): self = .refused(code: code, reason: reason)
        case .misused(let reason): self = .refused(code: 0, reason: reason)
        }
    }
}

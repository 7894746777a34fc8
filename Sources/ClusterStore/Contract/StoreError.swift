/// Why a store call did not do its work; each case says what the caller may do about it.
package enum StoreError: Error, Sendable, Equatable {
    /// No host of `DB_HOST` could be reached, or the connection broke. Try again later; nothing is known of a write that
    /// was under way, and every write here is safe to repeat.
    case unavailable(reason: String)
    /// The statement's deadline passed. When the database said nothing, the connection was closed, as for `unavailable`.
    case deadlineExceeded(statement: String, by: DeadlineKeeper = .us)
    /// Somebody keeps rows locked that the call needs, also when it was repeated. The database answers, and nothing was
    /// written; try again later.
    case contended(reason: String)
    /// The lease is held by another balancer, or expired: the transaction was rolled back whole, nothing was written.
    case leaseLost
    /// The database user may not do this. `sql` is what an administrator can run instead, one statement a line, where
    /// `prepareSchema` may not create or alter; else it is empty.
    case notPermitted(reason: String, sql: [String])
    /// A table or column that Kuma makes is not there yet: Kuma has never started on this database.
    case schemaMissing(reason: String)
    /// The server refused the statement for another reason: a defect of ours or of the schema. `code` is the server's number;
    /// 0 where it was found on our side.
    case refused(code: UInt32, reason: String)

    /// Who found that a statement's time was up.
    package enum DeadlineKeeper: Sendable, Equatable {
        /// The database ended the statement and said so.
        case database
        /// Nothing came from the database.
        case us
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unavailable(let reason): "the database is unavailable: \(reason)"
        case .deadlineExceeded(let statement, .database): "the database ended what took too long: \(statement)"
        case .deadlineExceeded(let statement, .us): "the database did not answer in time: \(statement)"
        case .contended(let reason): "somebody keeps rows locked, also when the call is repeated: \(reason)"
        case .leaseLost: "the leader lease is not ours any more"
        case .notPermitted(let reason, let sql):
            "the database user lacks a right: \(reason). An administrator can run:\n" + sql.joined(separator: "\n")
        case .schemaMissing(let reason): "Kuma's tables are not complete: \(reason)"
        case .refused(let code, let reason): "the database refused a statement (error \(code)): \(reason)"
        }
    }

    /// Whether the database said so itself, and therefore is there.
    package var isAnswer: Bool {
        switch self {
        case .unavailable, .deadlineExceeded(_, .us): false
        case .deadlineExceeded(_, .database), .contended, .leaseLost, .notPermitted, .schemaMissing, .refused: true
        }
    }

    /// Whether waiting and trying again can help without anybody changing anything.
    package var isTransient: Bool {
        switch self {
        case .unavailable, .deadlineExceeded, .contended, .schemaMissing: true
        case .leaseLost, .notPermitted, .refused: false
        }
    }
}

extension StoreError {
    /// The case as a word that anybody may read: the texts name users and hosts.
    package enum Kind: String, Sendable, CaseIterable {
        case unavailable
        case deadlineExceeded = "deadline_exceeded"
        case contended
        case leaseLost = "lease_lost"
        case notPermitted = "not_permitted"
        case schemaMissing = "schema_missing"
        case refused
    }

    /// The case without its texts.
    package var kind: Kind {
        switch self {
        case .unavailable: .unavailable
        case .deadlineExceeded: .deadlineExceeded
        case .contended: .contended
        case .leaseLost: .leaseLost
        case .notPermitted: .notPermitted
        case .schemaMissing: .schemaMissing
        case .refused: .refused
        }
    }
}

/// For a person's command, which has no next beat: a host that dies under it, or is left for a fit one, is no refusal.
package enum AskedAgain {
    /// One host may break under the call, and another may be found unfit: then the third answers.
    static let attempts = 3
    /// Above the first pause of a connection that found nobody.
    static let pause: Duration = .milliseconds(200)

    /// The call's result, asked for again after errors that say nothing of the call itself.
    /// - Throws: the error of the third attempt, or at once any but `.unavailable` and `.deadlineExceeded`.
    package static func result<Result>(
        of call: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        var attempt = 1
        while true {
            do throws(StoreError) { return try await call() } catch {
                guard attempt < attempts else { throw error }
                switch error {
                case .unavailable, .deadlineExceeded: break
                case .contended, .leaseLost, .notPermitted, .schemaMissing, .refused: throw error
                }
            }
            attempt += 1
            try? await Task.sleep(for: pause)
        }
    }

    /// The result of a call that alters tables, asked for again while one of them is in use. Somebody's read may be over in an
    /// instant, and so is what MariaDB's own threads do with a table after each change.
    /// - Parameter limit: for how long a table that is in use is tried again.
    /// - Throws: `.contended` when the table was in use for so long, or the task was cancelled; else as `result`.
    package static func whenFree<Result>(
        within limit: Duration = .seconds(10), of call: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let deadline = ContinuousClock.now + limit
        while true {
            do throws(StoreError) { return try await result(of: call) } catch {
                guard case .contended = error, ContinuousClock.now < deadline, !Task.isCancelled else { throw error }
            }
            try? await Task.sleep(for: pause)
        }
    }
}

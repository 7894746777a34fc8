/// For a person's command, which has no next beat: a host that dies under it, or is left for a fit one, is no refusal.
package enum AskedAgain {
    /// One host may break under the call, and another may be found unfit: then the third answers.
    static let attempts = 3
    /// Above the first pause of a connection that found nobody.
    static let pause: Duration = .milliseconds(200)

    /// The call's result, asked for again after errors that say nothing of the call itself.
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

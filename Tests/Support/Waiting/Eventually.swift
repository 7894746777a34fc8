/// The one place where a test pauses: between two looks at a condition that something else makes true. A test waits for
/// the event itself, under a deadline, and never for a while.

/// Waits until `condition` holds.
/// - Parameters:
///   - what: the awaited event, for the message.
///   - limit: far above what it takes on a busy machine; reached only by a defect.
/// - Throws: `DeadlinePassed` when it does not hold in time; what `condition` throws ends the wait.
package func eventually(
    _ what: String = "the awaited event", within limit: Duration = .seconds(30), file: StaticString = #fileID,
    line: Int = #line, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw DeadlinePassed(what: what, limit: limit, place: "\(file):\(line)")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Repeats a call until it succeeds, as a program does whose database restarts.
/// - Throws: the last error, when `limit` has passed or `isTransient` denies that waiting helps.
package func untilItSucceeds<Result, Failure: Error>(
    within limit: Duration = .seconds(30), isTransient: (Failure) -> Bool = { _ in true },
    _ body: () async throws(Failure) -> Result
) async throws -> Result {
    let deadline = ContinuousClock.now + limit
    while true {
        do throws(Failure) {
            return try await body()
        } catch {
            guard isTransient(error), ContinuousClock.now < deadline else { throw error }
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

package struct DeadlinePassed: Error, CustomStringConvertible {
    package let what: String
    package let limit: Duration
    package let place: String

    package var description: String { "not within \(limit): \(what) (\(place))" }
}

/// Waits until a condition holds: looks again every 50 ms.
/// - Throws: `DeadlinePassed` with `what` when it does not hold in time; whatever `condition` throws ends the wait.
package func eventually(
    _ what: String, within limit: Duration = .seconds(10), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < deadline else { throw DeadlinePassed(what: what, limit: limit) }
        try await Task.sleep(for: .milliseconds(50))
    }
}

package struct DeadlinePassed: Error, CustomStringConvertible {
    package let what: String
    package let limit: Duration

    package var description: String { "not within \(limit): \(what)" }
}

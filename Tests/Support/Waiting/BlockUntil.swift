import Glibc

/// As `eventually`, for tests that block their thread, as those of sockets do.
package func blockUntil(
    _ what: String = "the awaited event", within limit: Duration = .seconds(30), file: StaticString = #fileID,
    line: Int = #line, _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else {
            throw DeadlinePassed(what: what, limit: limit, place: "\(file):\(line)")
        }
        usleep(2_000)
    }
}

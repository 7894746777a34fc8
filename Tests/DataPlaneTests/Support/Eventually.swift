import Foundation

/// The one helper that waits: for a condition, with a deadline.
func eventually(
    _ what: String, within seconds: Double = 10, _ condition: () throws -> Bool
) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while try !condition() {
        guard Date() < deadline else { throw TestSocket.Failure(description: "never happened: \(what)") }
        usleep(2_000)
    }
}

import Foundation

/// Runs blocking socket work on a thread of its own, so that a test never holds one of the few threads that Swift's tasks
/// share. Not on a dispatch queue: a queue gives blocked work only as many threads as there are cores, and a second later
/// one more.
package func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
    }
}

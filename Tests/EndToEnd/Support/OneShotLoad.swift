import Dispatch
import Foundation
import HTTPTestClient
import Synchronization
import Waiting

/// Clients that connect, ask for one page and close, over and over, each on a thread of its own: a refused or reset
/// connection, or any answer but a 200, is a failure.
final class OneShotLoad: Sendable {
    private struct State {
        var answered = 0
        var failures: [String] = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let group = DispatchGroup()
    /// Failures kept, so that a broken run stays readable; then the load ends by itself.
    private static let failuresKept = 20

    var answered: Int { state.withLock(\.answered) }
    var failures: [String] { state.withLock(\.failures) }

    init(port: UInt16, clients: Int) {
        for _ in 0..<clients {
            group.enter()
            Thread.detachNewThread { [self] in
                while goesOn {
                    do {
                        let reply = try HTTPConnection(port: port).request("GET", "/")
                        note(reply.status == 200 ? nil : "status \(reply.status): \(reply.text)")
                    } catch {
                        note("\(error)")
                    }
                }
                group.leave()
            }
        }
    }

    private var goesOn: Bool { state.withLock { !$0.isStopping && $0.failures.count < OneShotLoad.failuresKept } }

    private func note(_ failure: String?) {
        state.withLock { state in
            state.answered += 1
            if let failure { state.failures.append(failure) }
        }
    }

    /// Waits for that many further answers, or the first failure.
    func waitForAnswers(_ count: Int) async throws {
        let wanted = answered + count
        try await eventually("\(count) more answers", within: .seconds(60)) {
            answered >= wanted || !failures.isEmpty
        }
    }

    /// Ends the load after the requests in flight.
    func stop() async {
        state.withLock { $0.isStopping = true }
        await withCheckedContinuation { continuation in group.notify(queue: .global()) { continuation.resume() } }
    }
}

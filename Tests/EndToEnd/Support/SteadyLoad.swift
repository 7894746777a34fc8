import Dispatch
import Foundation
import HTTPTestClient
import Synchronization

/// Clients that ask for a page over and over: one on a kept-alive connection that it opens again only when it was closed
/// between requests, one with a new connection for each request.
final class SteadyLoad: Sendable {
    struct Result: Sendable {
        var answered = 0
        var failures: [String] = []
        var lastFailure: ContinuousClock.Instant?
    }

    private struct State {
        var result = Result()
        var isStopping = false
    }

    /// The node takes its time to answer: the load is steady rather than as fast as possible, because the cluster shares
    /// this machine with its clients.
    private static let target = "/slow?ms=20"

    private let port: UInt16
    private let state = Mutex(State())
    private let group = DispatchGroup()
    /// Each has at most one request in flight.
    static let clients = 2
    /// Failures kept, so that a broken run stays readable.
    private static let failuresKept = 20

    init(port: UInt16) { self.port = port }

    func start() {
        for work in [askOnOneConnection, askOnNewConnections] {
            group.enter()
            Thread.detachNewThread {
                work()
                self.group.leave()
            }
        }
    }

    /// Ends the load after the requests in flight.
    func stop() async -> Result {
        state.withLock { $0.isStopping = true }
        await withCheckedContinuation { continuation in
            group.notify(queue: .global()) { continuation.resume() }
        }
        return state.withLock(\.result)
    }

    private var isStopping: Bool { state.withLock(\.isStopping) }

    @Sendable private func askOnOneConnection() {
        var connection: HTTPConnection?
        while !isStopping {
            ask {
                let used = try connection ?? HTTPConnection(port: port)
                connection = nil
                let reply = try used.request("GET", SteadyLoad.target)
                if reply.field("Connection")?.lowercased() != "close" { connection = used }
                return reply
            }
        }
    }

    @Sendable private func askOnNewConnections() {
        while !isStopping { ask { try HTTPConnection(port: port).request("GET", SteadyLoad.target) } }
    }

    private func ask(_ request: () throws -> HTTPReply) {
        do {
            let reply = try request()
            note(reply.status == 200 ? nil : "status \(reply.status): \(reply.text)")
        } catch {
            note("\(error)")
        }
    }

    private func note(_ failure: String?) {
        state.withLock { state in
            state.result.answered += 1
            guard let failure else { return }
            state.result.lastFailure = .now
            if state.result.failures.count < SteadyLoad.failuresKept { state.result.failures.append(failure) }
        }
    }
}

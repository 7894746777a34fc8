import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// The one HTTP client of a process towards Kuma nodes, with its single I/O thread: an agent asks one node every two
/// seconds, a balancer a thousand, and neither needs a second thread for that.
///
/// Whoever makes it calls `shutdown()` at the end.
package final class KumaHTTPClient: Sendable {
    package enum Scheme: String, Sendable, CaseIterable {
        case http, https
    }

    let scheme: Scheme
    let group: MultiThreadedEventLoopGroup
    private let client: HTTPClient

    package init(scheme: Scheme = .http) {
        self.scheme = scheme
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HTTPClient.Configuration()
        // A redirect is an answer to judge, not one to follow to another host.
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        // By default a refused connect is tried again until the deadline; here it is the finding.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(1)
        // Connects to silent hosts end with the probe, and their sockets soon after.
        configuration.timeout.connect = .seconds(5)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// Closes the connections and ends the thread.
    package func shutdown() async {
        // Both can only report that they were shut down already.
        try? await client.shutdown()
        try? await group.shutdownGracefully()
    }

    /// Longest answer that is read; Kuma's health answer is under 2 KiB. Above: `KumaCallError.answerTooLarge`.
    static let answerBytes = 64 * 1024

    /// One request on a connection of its own, which is what a new client would meet; a kept one might be served by a
    /// process that no longer accepts any.
    func send(
        _ method: HTTPMethod, _ url: String, authorization: String?, deadline: NIODeadline
    ) async throws(KumaCallError) -> KumaAnswer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "Connection", value: "close")
        request.headers.add(name: "Accept", value: "application/json")
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        let prepared = request
        let outcome = await DeadlineRace.run(until: deadline) { [client] () -> Result<KumaAnswer, KumaCallError> in
            do {
                let response = try await client.execute(prepared, deadline: deadline)
                var body = ByteBuffer()
                for try await piece in response.body {
                    guard body.readableBytes + piece.readableBytes <= KumaHTTPClient.answerBytes else {
                        return .failure(.answerTooLarge)
                    }
                    body.writeImmutableBuffer(piece)
                }
                return .success(KumaAnswer(status: Int(response.status.code), body: Array(body.readableBytesView)))
            } catch {
                return .failure(KumaCallError(error))
            }
        }
        switch outcome {
        case .some(let result): return try result.get()
        case .none: throw .timedOut
        }
    }
}

/// What a node answered, whole.
struct KumaAnswer: Sendable, Equatable {
    let status: Int
    let body: [UInt8]
}

/// Runs work until a deadline. The HTTP client's own deadline does not bound every part of an answer's body.
enum DeadlineRace {
    /// The work's value, or nil when the deadline came first; then the work is cancelled.
    static func run<Value: Sendable>(
        until deadline: NIODeadline, _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let left = deadline - .now()
        return await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                try? await Task.sleep(for: .nanoseconds(max(left.nanoseconds, 0)))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}

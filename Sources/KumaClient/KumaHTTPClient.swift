// What is asked of an Uptime Kuma node: its health, and to re-read its monitors. What follows from an answer is never
// decided here.

import ClusterCore
import NIOCore
import NIOHTTP1
package import NIOPosix
import NIOSSL

/// The one HTTP client of a process towards Kuma nodes, with its single I/O thread: an agent asks one node every two
/// seconds, a balancer a thousand, and neither needs a second thread for that.
///
/// It is made of NIO's own HTTP parts. A whole client library (AsyncHTTPClient) brings Foundation and HTTP/2 along, which
/// cost an agent more than its 20 MiB (DESIGN.md §5); a health check uses neither, nor pools, redirects or cookies.
///
/// Whoever makes it calls `shutdown()` at the end.
package final class KumaHTTPClient: Sendable {
    package enum Scheme: String, Sendable, CaseIterable {
        case http, https
    }

    /// Its I/O thread, which others of the process may share.
    package let group: MultiThreadedEventLoopGroup
    private let security: Security

    /// What is beneath HTTP. A context that cannot be made (no certificates on this machine) fails each call, by name.
    private enum Security: Sendable {
        case none
        case tls(Result<NIOSSLContext, any Error>)
    }

    package init(scheme: Scheme = .http) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        security =
            switch scheme {
            case .http: .none
            case .https: .tls(Result { try NIOSSLContext(configuration: .makeClientConfiguration()) })
            }
    }

    /// Closes the connections and ends the thread.
    package func shutdown() async {
        // It can only report that it was shut down already.
        try? await group.shutdownGracefully()
    }

    /// Longest answer that is read; Kuma's health answer is under 2 KiB. Above: `KumaCallError.answerTooLarge`.
    static let answerBytes = 64 * 1024

    /// One request on a connection of its own, which is what a new client would meet; a kept one might be served by a
    /// process that no longer accepts any.
    func send(
        _ method: HTTPMethod, _ path: String, to address: NodeAddress, authorization: String?, deadline: NIODeadline
    ) async throws(KumaCallError) -> KumaAnswer {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
        head.headers.add(name: "Host", value: address.description)
        head.headers.add(name: "Connection", value: "close")
        head.headers.add(name: "Accept", value: "application/json")
        if method == .POST { head.headers.add(name: "Content-Length", value: "0") }
        if let authorization { head.headers.add(name: "Authorization", value: authorization) }
        let prepared = head
        let outcome = await DeadlineRace.run(until: deadline) { () -> Result<KumaAnswer, KumaCallError> in
            do {
                return .success(try await self.exchange(prepared, with: address, deadline: deadline))
            } catch {
                return .failure(KumaCallError(error))
            }
        }
        switch outcome {
        case .some(let result): return try result.get()
        case .none: throw .timedOut
        }
    }

    private func exchange(
        _ head: HTTPRequestHead, with address: NodeAddress, deadline: NIODeadline
    ) async throws -> KumaAnswer {
        let connection = try await connect(to: address, deadline: deadline)
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(contentsOf: [HTTPClientRequestPart.head(head), .end(nil)])
            for try await answer in inbound {
                let body = answer.body.map { Array($0.readableBytesView) } ?? []
                return KumaAnswer(status: Int(answer.head.status.code), body: body)
            }
            throw KumaCallError.broken(reason: "closed without an answer")
        }
    }

    private typealias Connection = NIOAsyncChannel<NIOHTTPClientResponseFull, HTTPClientRequestPart>

    private func connect(to address: NodeAddress, deadline: NIODeadline) async throws -> Connection {
        let context: NIOSSLContext? =
            switch security {
            case .none: nil
            case .tls(let context): try context.get()
            }
        // The probe's deadline ends the attempt too, the resolver's part included.
        let bootstrap = ClientBootstrap(group: group).connectTimeout(max(deadline - .now(), .milliseconds(1)))
        let port = Int(address.port)
        // Numbers need no resolver and no race between families: for a balancer of 1 000 nodes half of a check's cost.
        if let numbers = try? NIOCore.SocketAddress(ipAddress: address.host, port: port) {
            return try await bootstrap.connect(to: numbers) { KumaHTTPClient.prepare($0, nil, context) }
        }
        return try await bootstrap.connect(host: address.host, port: port) {
            // Server name indication is for names; an address has none (RFC 6066 §3).
            KumaHTTPClient.prepare($0, address.host, context)
        }
    }

    private static func prepare(
        _ channel: any Channel, _ name: String?, _ context: NIOSSLContext?
    ) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let context {
                try pipeline.addHandler(try NIOSSLClientHandler(context: context, serverHostname: name))
            }
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(NIOHTTPClientResponseAggregator(maxContentLength: KumaHTTPClient.answerBytes))
            return try Connection(wrappingChannelSynchronously: channel)
        }
    }
}

/// What a node answered, whole.
struct KumaAnswer: Sendable, Equatable {
    let status: Int
    let body: [UInt8]
}

/// Runs work until a deadline.
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

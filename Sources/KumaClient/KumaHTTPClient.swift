// What is asked of an Uptime Kuma node: its health, to re-read its monitors, and pages. What follows from an answer is never
// decided here.

import ClusterCore
import NIOCore
import NIOHTTP1
package import NIOPosix
import Secrets

/// The one HTTP client of a process towards Kuma nodes, with its single I/O thread: an agent asks one node every two
/// seconds, a balancer a thousand, and neither needs a second thread for that. The only HTTP client of the tree: the demo
/// asks its balancers with it, and a stand-in node its monitors' pages.
///
/// It is made of NIO's own HTTP parts. A whole client library (AsyncHTTPClient) brings Foundation and HTTP/2 along, which
/// cost an agent more than its 20 MiB (P12 in Performance.md); a health check uses neither, nor redirects or cookies. A
/// call is one handler and no task of its own: a balancer of 1 000 nodes makes 500 a second.
///
/// Whoever makes it calls `shutdown()` at the end.
package final class KumaHTTPClient: Sendable {
    /// What a request goes over.
    enum Carrier: Sendable {
        /// A connection of its own, which is what a new client would meet.
        case fresh
        /// The connection of an earlier request, where one is left.
        case kept
    }

    /// Its I/O thread, which others of the process may share.
    package let group: MultiThreadedEventLoopGroup
    /// That thread's loop.
    let loop: any EventLoop
    /// Touched on `loop` only.
    private let connections: NIOLoopBoundBox<KeptConnections>

    /// Starts the I/O thread; connects to nobody yet.
    package init() {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = group.next()
        connections = .makeBoxSendingValue(KeptConnections(), eventLoop: loop)
    }

    /// Closes the connections and ends the thread.
    package func shutdown() async {
        // It can only report that it was shut down already.
        try? await group.shutdownGracefully()
    }

    /// Longest answer that is read; Kuma's health answer is under 2 KiB. Above: `KumaCallError.answerTooLarge`.
    static let answerBytes = 64 * 1024

    /// Sends one request. A request on a kept connection that ends without an answer is sent once more, on a fresh one; so
    /// only what may be repeated goes over `.kept`. A cancelled task ends it as a deadline does.
    /// - Parameters:
    ///   - connectLimit: how long making the connection may take; nil: until the deadline.
    ///   - reminder: called when the call is still under way then.
    func send(
        _ method: HTTPMethod, _ path: String, json body: String? = nil, to address: NodeAddress,
        over carrier: Carrier = .fresh, authorization: Secret?, deadline: NIODeadline,
        connectLimit: Duration? = nil, reminder: KumaCall.Reminder? = nil
    ) async throws(KumaCallError) -> KumaAnswer {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
        head.headers.add(name: "Host", value: address.description)
        switch carrier {
        case .fresh: head.headers.add(name: "Connection", value: "close")
        case .kept: break
        }
        head.headers.add(name: "Accept", value: "application/json")
        if let body {
            head.headers.add(name: "Content-Type", value: "application/json")
            head.headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        } else if method == .POST {
            head.headers.add(name: "Content-Length", value: "0")
        }
        let call = KumaCall(
            head, authorization, body: body, to: address, over: carrier, deadline: deadline,
            connectLimit: connectLimit.map { TimeAmount($0) }, reminder: reminder)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.execute { self.begin(call, continuation) }
            }
        } onCancel: {
            loop.execute { call.end(.failure(.timedOut)) }
        }
        return try result.get()
    }

    // MARK: On the loop

    private func begin(_ call: KumaCall, _ continuation: KumaCall.Continuation) {
        guard call.begin(continuation, on: loop) else { return }
        let kept = connections.value.take(call.address)
        switch call.carrier {
        case .fresh:
            kept?.close()
            connect(call)
        case .kept:
            guard let kept else { return connect(call) }
            kept.run(call)
        }
    }

    private func connect(_ call: KumaCall) {
        let connection = KumaConnection(to: call.address, of: self)
        // The call's deadline ends the attempt too, the resolver's part included.
        let left = max(call.deadline - .now(), .milliseconds(1))
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(min(left, call.connectLimit ?? left))
        let port = Int(call.address.port)
        let connected: EventLoopFuture<any Channel>
        // Numbers need no resolver and no race between families.
        let numbers = try? NIOCore.SocketAddress(ipAddress: call.address.host, port: port)
        let initialized = bootstrap.channelInitializer { connection.join($0) }
        if let address = numbers ?? call.address.resolved.flatMap(NIOCore.SocketAddress.init(lookedUp:)) {
            connected = initialized.connect(to: address)
        } else {
            connected = initialized.connect(host: call.address.host, port: port)
        }
        connected.whenComplete { result in
            switch result {
            case .success: connection.run(call)
            case .failure(let error): call.end(.failure(KumaCallError(error)))
            }
        }
    }

    /// The connection answered, and may be asked again.
    func keep(_ connection: KumaConnection) {
        connections.value.put(connection)?.close()
        sweepLater()
    }

    /// One timer for all idle connections: a timer each, two thousand of them, made every other timer dear that is cancelled
    /// (NIO looks for it through all).
    private func sweepLater() {
        guard !connections.value.isSweepScheduled else { return }
        connections.value.isSweepScheduled = true
        loop.scheduleTask(in: KeptConnections.sweepInterval) {
            self.connections.value.isSweepScheduled = false
            // The interval is taken off, so that none is idle for longer than its limit.
            let limit = NIODeadline.now() - (KumaConnection.Limits.idle - KeptConnections.sweepInterval)
            for connection in self.connections.value.takeIdle(since: limit) { connection.close() }
            if !self.connections.value.isEmpty { self.sweepLater() }
        }
    }

    /// The connection is closed.
    func forget(_ connection: KumaConnection) { connections.value.remove(connection) }

    /// The node closed a kept connection while the request was on its way, as any server may (RFC 9112 §9.5).
    func repeatOnFresh(_ call: KumaCall) { connect(call) }
}

/// The idle connections, one an address at most.
struct KeptConnections {
    /// Beyond, connections are closed after their answer: each holds a descriptor that a client could have.
    private static let most = 1_024

    static let sweepInterval = TimeAmount.milliseconds(500)

    var isSweepScheduled = false
    private var connections: [NodeAddress: KumaConnection] = [:]

    var isEmpty: Bool { connections.isEmpty }

    /// - Returns: those that have been idle since then or longer, which are kept no more.
    mutating func takeIdle(since limit: NIODeadline) -> [KumaConnection] {
        let idle = connections.values.filter { $0.idleSince <= limit }
        for connection in idle { connections[connection.address] = nil }
        return idle
    }

    mutating func take(_ address: NodeAddress) -> KumaConnection? { connections.removeValue(forKey: address) }

    /// - Returns: the one to close: that it takes the place of, or itself.
    mutating func put(_ connection: KumaConnection) -> KumaConnection? {
        guard connections.count < KeptConnections.most else { return connection }
        return connections.updateValue(connection, forKey: connection.address)
    }

    mutating func remove(_ connection: KumaConnection) {
        if connections[connection.address] === connection { connections[connection.address] = nil }
    }
}

/// What a node answered, whole.
package struct KumaAnswer: Sendable, Equatable {
    /// Whatever the node sent, a refusal included.
    package let status: Int
    /// At most `KumaHTTPClient.answerBytes`; empty where there was none.
    package let body: [UInt8]
}

import NIOCore
package import NIOPosix
import Synchronization

/// The listener of a stand-in node and its connections.
package final class NodeServer: Sendable {
    private let listener: any Channel
    private let connections: ConnectionSet

    private init(listener: any Channel, connections: ConnectionSet) {
        self.listener = listener
        self.connections = connections
    }

    /// Listens on `host` (numbers) and `port`; 0 lets the kernel choose.
    package static func start(
        host: String, port: UInt16, services: NodeServices, group: MultiThreadedEventLoopGroup
    ) async throws -> NodeServer {
        let connections = ConnectionSet()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.insert(channel)
                    try NodePipeline.configure(channel, services: services)
                }
            }
        let listener = try await bootstrap.bind(host: host, port: Int(port)).get()
        return NodeServer(listener: listener, connections: connections)
    }

    /// The port it listens on.
    package var port: UInt16 { UInt16(listener.localAddress?.port ?? 0) }

    /// What SIGTERM does to the real one: the listener is closed and every connection dropped, at once (FactsAboutKuma.md).
    package func drop() async {
        do {
            try await listener.close().get()
        } catch {
            // Already closed: what was wanted.
        }
        connections.closeAll()
    }
}

/// The open connections of one listener.
private final class ConnectionSet: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func insert(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        channels.withLock { $0[key] = channel }
        channel.closeFuture.whenComplete { _ in self.channels.withLock { $0[key] = nil } }
    }

    func closeAll() {
        for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}

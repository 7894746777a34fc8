package import ClusterCore
import NIOCore
import NIOPosix

/// A tether on the client's own I/O thread: one descriptor, no bytes.
package struct TCPNodeTether: NodeTether {
    private let client: KumaHTTPClient

    /// - Parameter client: whose I/O thread carries the connections; its `shutdown()` ends them.
    package init(client: KumaHTTPClient) { self.client = client }

    package func hold(_ address: NodeAddress) async -> TetherEnd {
        let bootstrap = ClientBootstrap(group: client.group)
            .connectTimeout(.seconds(2))
            // A host that vanished sends no FIN; the kernel asks after it.
            .channelOption(.socketOption(.so_keepalive), value: 1)
        guard let channel = try? await bootstrap.connect(host: address.host, port: Int(address.port)).get() else {
            return Task.isCancelled ? .cancelled : .notConnected
        }
        await withTaskCancellationHandler {
            // The close future never fails.
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        return Task.isCancelled ? .cancelled : .closed
    }
}

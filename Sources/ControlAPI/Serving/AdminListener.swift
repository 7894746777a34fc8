import ClusterCore
import ControlPlane
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// `LB_ADMIN_LISTEN`: the API, and nothing but the API, on an address of its own. It needs no reactor, so that it answers
/// while clients fill the balancer to its limit. Who may do what is the same; whoever connects is the client, and no field
/// of a request says otherwise.
package struct AdminListener: Service {
    /// Connections at once; above, they wait to be accepted. Every live follower, and people and scrapers beside them.
    static let connections = EventFeed.followers * 4

    private let application: Application<AdminResponder>
    private let endLimit: Duration

    /// - Parameters:
    ///   - host: an address, no name.
    ///   - port: 0 lets the kernel choose.
    ///   - endLimit: what exchanges may take at the end; what goes on then is cut off.
    ///   - onListening: called with the port once connections are accepted.
    package init(
        serving api: ControlAPI, host: String, port: UInt16, logger: Logger, endLimit: Duration = .seconds(10),
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.endLimit = endLimit
        // The server's own remarks on single connections are of no use to an operator.
        var serverLogger = logger
        serverLogger.logLevel = max(logger.logLevel, .notice)
        application = Application(
            responder: AdminResponder(api: api.responder),
            server: .http1(configuration: .init(idleTimeout: ControlAPI.idleTimeout)),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: Int(port)),
                availableConnectionsDelegate: MaximumAvailableConnections(AdminListener.connections)),
            onServerRunning: { channel in
                let bound = channel.localAddress?.port ?? Int(port)
                logger.info("serving the API alone", metadata: ["address": "\(host):\(bound)"])
                await onListening(bound)
            },
            logger: serverLogger)
    }

    /// Serves until it is told to shut down gracefully.
    /// - Throws: when the address cannot be had.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            group.addTask {
                try await gracefulShutdown()
                try await Task.sleep(for: endLimit)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

/// Answers as the API does, for whoever is at the other end of the connection.
private struct AdminResponder: HTTPResponder {
    let api: APIResponder

    func respond(to request: Request, context: PeerContext) async throws -> Response {
        await api.respond(to: request, from: context.peer, forwardedHosts: [])
    }
}

private struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Nil when the kernel does not say.
    let peer: IPAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress?.ipAddress.flatMap { IPAddress(parsing: $0) }
    }
}

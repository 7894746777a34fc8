// The `/lb/` API of the balancer: routes, pages and who may use them. It reads what the control plane and the data plane
// publish and asks the control plane to act; it never decides where a request or a monitor goes, and holds no SQL. The
// only target that imports Hummingbird.

package import ClusterCore
package import ControlPlane
import Glibc
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import Secrets
import ServiceLifecycle

/// The parts of the configuration that the API needs.
package struct ControlAPIConfiguration: Sendable {
    /// Where the data plane connects; in a directory that only this process' user can enter. At most
    /// `ControlAPI.maximumSocketPathBytes`.
    package var socketPath: String
    /// This one, as `X-Balancer` and the metrics name it.
    package var balancer: BalancerID
    /// The product's, as `/lb/openapi.json`, `/lb/system-status` and the metrics show it.
    package var version: String
    /// `LB_ADMIN_TOKEN`.
    package var adminToken: Secret?
    /// `LB_ADMIN_ALLOW`; empty: nobody without the token.
    package var adminAllowed: [AddressRange]
    /// `LB_API_ALLOW`; nil for everybody.
    package var readingAllowed: [AddressRange]?
    /// `LB_TRUSTED_PROXIES`: they name for whom they ask.
    package var trustedProxies: [AddressRange] = []
    /// `LB_CONNECTION_WEIGHT`, to be shown.
    package var connectionWeight: Double
    /// The first address of `LB_LISTEN`, to be shown.
    package var listen: (host: String, port: UInt16)?
    /// Every setting, to be shown.
    package var settings: [ShownSetting] = []

    package init(
        socketPath: String, balancer: BalancerID, version: String, adminToken: Secret? = nil,
        adminAllowed: [AddressRange] = [], readingAllowed: [AddressRange]? = nil,
        connectionWeight: Double = 0
    ) {
        self.socketPath = socketPath
        self.balancer = balancer
        self.version = version
        self.adminToken = adminToken
        self.adminAllowed = adminAllowed
        self.readingAllowed = readingAllowed
        self.connectionWeight = connectionWeight
    }
}

/// Serves the API on its Unix socket until it is told to shut down gracefully; then finishes what is under way and takes
/// the socket away.
package struct ControlAPI: Service {
    /// `sun_path` of unix(7) holds 108 bytes with the terminating zero.
    package static let maximumSocketPathBytes = 107
    /// Above the data plane's own idle limit for a pooled connection, so that it is never the API that closes first.
    static let idleTimeout = TimeAmount.seconds(60)

    /// Every endpoint: what is served and described, and what pages and tests are made from.
    package static let groups: [EndpointGroup] = [
        StatusEndpoints.group, NodeEndpoints.group, HistoryEndpoints.group, PinEndpoints.group, OrderEndpoints.group,
        RebalanceEndpoints.group, ToolEndpoints.group, OldNames.group,
    ]
    /// The rows of all groups, in their order.
    package static var endpoints: [Endpoint] { groups.flatMap(\.endpoints) }
    /// The objects that several answers share by name.
    package static var sharedObjects: [Schema.Object] { OpenAPIDocument.sharedObjects(groups) }

    private let socketPath: String
    /// What `/lb/openapi.json` answers.
    package var description: JSON { responder.sources.description }
    /// The server on the Unix socket, which `run()` runs; tests ask it without one.
    package let application: Application<APIResponder>
    let responder: APIResponder

    /// - Parameters:
    ///   - serving: what `/lb/ready` reports of draining.
    ///   - traffic: what the data plane counts, by reactor.
    ///   - log: what `/lb/debug-logs` shows.
    ///   - onListening: called once, when the socket accepts connections.
    package init(
        configuration: ControlAPIConfiguration, control: any ClusterControl, serving: ServingState,
        traffic: [TrafficFacts], log: any ProcessLog, logger: Logger,
        onListening: @escaping @Sendable () async -> Void = {}
    ) {
        responder = APIResponder(
            table: EndpointTable(ControlAPI.endpoints),
            sources: AnswerSources(
                configuration: configuration, control: control, serving: serving, traffic: traffic, log: log,
                description: OpenAPIDocument.json(version: configuration.version, groups: ControlAPI.groups),
                startedAt: .now, logger: logger),
            adminRule: AdminRule(token: configuration.adminToken, allowed: configuration.adminAllowed),
            readingRule: ReadingRule(allowed: configuration.readingAllowed),
            clientAddress: ClientAddress(proxies: configuration.trustedProxies))
        let path = configuration.socketPath
        socketPath = path
        // The server's own remarks on single connections are of no use to an operator.
        var serverLogger = logger
        serverLogger.logLevel = max(logger.logLevel, .notice)
        application = Application(
            responder: responder,
            server: .http1(configuration: .init(idleTimeout: ControlAPI.idleTimeout)),
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: path)),
            onServerRunning: { _ in
                // The directory keeps others out already; this keeps them out of the socket as well.
                if chmod(path, 0o600) != 0 {
                    logger.warning("cannot restrict the API's socket", metadata: ["path": "\(path)"])
                }
                await onListening()
            },
            logger: serverLogger)
    }

    /// Takes the socket away however serving ended.
    /// - Throws: what the server throws, such as when the socket cannot be bound.
    package func run() async throws {
        defer { unlink(socketPath) }
        try await application.run()
    }
}

/// Short: a debug log names every service, and the default would print the whole OpenAPI document.
extension ControlAPI: CustomDebugStringConvertible {
    package var debugDescription: String { "ControlAPI(\(socketPath))" }
}

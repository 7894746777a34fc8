package import AgentCore
package import Logging
import NIOCore
import NIOHTTP1
package import NIOPosix
import ServiceLifecycle

/// `AGENT_METRICS_LISTEN`: `/metrics` for Prometheus and `/healthz` for whoever watches the process, on the agent's one I/O
/// thread. What lives here: reading an agent's facts out. What never will: anything that changes something.
package struct AgentMetricsListener: Service {
    private let host: String
    private let port: UInt16
    private let group: MultiThreadedEventLoopGroup
    private let facts: @Sendable () -> AgentFacts
    private let stuckLoops: @Sendable () -> [String]
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - host: an address as numbers.
    ///   - port: 0 lets the kernel choose.
    ///   - stuckLoops: the agent's loops that stand still; empty while all is well.
    ///   - onListening: gets the port once connections are accepted.
    package init(
        host: String, port: UInt16, group: MultiThreadedEventLoopGroup, logger: Logger,
        facts: @escaping @Sendable () -> AgentFacts, stuckLoops: @escaping @Sendable () -> [String] = { [] },
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.group = group
        self.logger = logger
        self.facts = facts
        self.stuckLoops = stuckLoops
        self.onListening = onListening
    }

    /// Serves until the shutdown. An address that cannot be had is an error in the log: metrics are no reason to leave a
    /// node without its agent.
    package func run() async throws {
        let channel = await listening()
        await cancelWhenGracefulShutdown { for await _ in AsyncStream<Never>.makeStream().stream {} }
        // It can only report that it was closed already.
        try? await channel?.close()
    }

    private func listening() async -> (any Channel)? {
        let (facts, stuckLoops) = (facts, stuckLoops)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                // Whoever neither asks nor goes is cut off: one scrape takes milliseconds.
                channel.eventLoop.scheduleTask(in: AgentMetricsListener.connectionLimit) { channel.close(promise: nil) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(AgentMetricsHandler(facts: facts, stuckLoops: stuckLoops))
                }
            }
        do {
            let channel = try await bootstrap.bind(host: host, port: Int(port)).get()
            let bound = channel.localAddress?.port ?? Int(port)
            logger.info("serving metrics", metadata: ["address": "\(host):\(bound)"])
            onListening(bound)
            return channel
        } catch {
            logger.error(
                "cannot serve metrics; reporting goes on",
                metadata: ["address": "\(host):\(port)", "reason": "\(error)"])
            return nil
        }
    }

    private static let connectionLimit = TimeAmount.seconds(10)
}

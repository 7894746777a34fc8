import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import NIOPosix

/// Makes the real HTTP check of a monitor: any answer below 400 is "up", as Kuma's default accepted codes.
package struct MonitorChecker: Sendable {
    /// Kuma gives a check up to 0.8 × interval; the demo's intervals are seconds.
    package static let timeout: Duration = .seconds(5)

    /// A page larger than this counts as down: the demo's targets are small.
    package static let bodyBytes = 1 << 20

    private let client: HTTPClient

    /// - Note: call `shutdown()` before the checker is dropped.
    package init(group: MultiThreadedEventLoopGroup) {
        var configuration = HTTPClient.Configuration()
        // A refused connection is the answer to the check, not something to try again.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    package func check(_ task: MonitorTask) async -> Beat {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let request = HTTPClientRequest(url: task.url)
            let response = try await client.execute(request, timeout: .nanoseconds(Self.timeoutNanoseconds))
            let code = response.status.code
            _ = try await response.body.collect(upTo: Self.bodyBytes)
            return Beat(
                monitor: task.id, status: code < 400 ? .up : .down, message: "\(code)",
                ping: start.duration(to: clock.now)
            )
        } catch {
            return Beat(monitor: task.id, status: .down, message: "\(error)", ping: start.duration(to: clock.now))
        }
    }

    package func shutdown() async throws { try await client.shutdown() }

    private static let timeoutNanoseconds: Int64 = timeout.components.seconds * 1_000_000_000
}

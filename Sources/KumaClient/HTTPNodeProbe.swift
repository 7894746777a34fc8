package import ClusterCore
import NIOCore
import NIOHTTP1
import Synchronization

/// Checks a Kuma node by its health path, and a stock Kuma, which has none, by its entry page.
package final class HTTPNodeProbe: NodeProbe {
    /// The cluster fork's health path, without authentication and rate limit (KUMA.md).
    package static let healthPath = "/api/v1/health"
    /// What a stock Kuma answers with 200.
    static let entryPath = "/api/entry-page"

    private let client: KumaHTTPClient
    private let path: String
    /// Addresses that answered 404 on `path`: the entry page is asked there at once. At most `RoutingLimits.nodes`.
    private let stockNodes = Mutex<Set<NodeAddress>>([])

    /// - Parameter path: asked first; begins with a slash.
    package init(client: KumaHTTPClient, path: String = HTTPNodeProbe.healthPath) {
        self.client = client
        self.path = path
    }

    package func probe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult {
        let begin = ContinuousClock.now
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        let isStock = stockNodes.withLock { $0.contains(address) }
        var (finding, detail) = await ask(isStock ? HTTPNodeProbe.entryPath : path, at: address, deadline, timeout)
        if finding == nil, !isStock {
            remember(address)
            (finding, detail) = await ask(HTTPNodeProbe.entryPath, at: address, deadline, timeout)
        }
        // A node that was stock may have been upgraded: ask for its health path again.
        if finding != .healthy, isStock { forget(address) }
        let duration = ContinuousClock.now - begin
        return ProbeResult(
            finding: finding ?? .unhealthy,
            detail: finding == .healthy ? "\(detail) in \(HTTPNodeProbe.milliseconds(duration)) ms" : detail,
            duration: duration)
    }

    /// A finding and its words; no finding when the node knows no such path.
    private func ask(
        _ path: String, at address: NodeAddress, _ deadline: NIODeadline, _ timeout: Duration
    ) async -> (ProbeResult.Finding?, String) {
        do throws(KumaCallError) {
            let answer = try await client.send(.GET, path, to: address, authorization: nil, deadline: deadline)
            switch HealthAnswer(answer) {
            case .healthy: return (.healthy, "answered \(answer.status)")
            case .degraded(let reason): return (.degraded, reason)
            case .unhealthy(let reason): return (.unhealthy, reason)
            case .noSuchPath: return (nil, "answered 404 on \(path)")
            }
        } catch {
            switch error {
            case .notConnected(let reason), .broken(let reason): return (.unhealthy, reason)
            case .timedOut: return (.unhealthy, "timed out after \(HTTPNodeProbe.seconds(timeout)) s")
            case .answerTooLarge: return (.unhealthy, "answered more than \(KumaHTTPClient.answerBytes) bytes")
            }
        }
    }

    private func remember(_ address: NodeAddress) {
        stockNodes.withLock { nodes in
            // Addresses change as containers come and go; forgetting all costs one extra request each.
            if nodes.count >= RoutingLimits.nodes { nodes.removeAll() }
            nodes.insert(address)
        }
    }

    private func forget(_ address: NodeAddress) {
        stockNodes.withLock { _ = $0.remove(address) }
    }

    private static func milliseconds(_ span: Duration) -> Int64 {
        span.components.seconds * 1000 + span.components.attoseconds / 1_000_000_000_000_000
    }

    private static func seconds(_ span: Duration) -> String {
        let value = Double(milliseconds(span)) / 1000
        return value == value.rounded() ? String(Int64(value)) : String(value)
    }
}

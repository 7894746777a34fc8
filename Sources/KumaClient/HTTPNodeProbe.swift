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
        await probe(address, over: .fresh, timeout)
    }

    /// Most of a check's cost is its connection.
    package func routineProbe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult {
        await probe(address, over: .kept, timeout)
    }

    private func probe(
        _ address: NodeAddress, over carrier: KumaHTTPClient.Carrier, _ timeout: Duration
    ) async -> ProbeResult {
        let begin = ContinuousClock.now
        let (finding, detail) = await find(address, over: carrier, from: NIODeadline.now(), timeout)
        let duration = ContinuousClock.now - begin
        return ProbeResult(
            finding: finding,
            detail: finding == .healthy ? "\(detail) in \(HTTPNodeProbe.milliseconds(duration)) ms" : detail,
            duration: duration)
    }

    /// Three quarters of the time are the health path's, the rest is kept for a second question.
    private func find(
        _ address: NodeAddress, over carrier: KumaHTTPClient.Carrier, from begin: NIODeadline, _ timeout: Duration
    ) async -> (ProbeResult.Finding, String) {
        let (patience, deadline) = (begin + TimeAmount(timeout * 0.75), begin + TimeAmount(timeout))
        let isStock = stockNodes.withLock { $0.contains(address) }
        var outcome = await ask(isStock ? HTTPNodeProbe.entryPath : path, at: address, over: carrier, patience)
        if case .noSuchPath = outcome, !isStock {
            remember(address)
            outcome = await ask(HTTPNodeProbe.entryPath, at: address, over: carrier, patience)
        }
        if case .found(.healthy, _) = outcome {
        } else if isStock {
            // A node that was stock may have been upgraded: ask for its health path again.
            forget(address)
        }
        switch outcome {
        case .found(let finding, let detail): return (finding, detail)
        case .noSuchPath: return (.unhealthy, "answered 404 on \(HTTPNodeProbe.entryPath)")
        case .timedOut: return await findSilent(address, deadline, timeout)
        }
    }

    /// A frozen database makes the health answer hang while Kuma goes on serving (KUMA.md): then all nodes would seem dead
    /// at once, and every client's connection would be reset. A page that needs no database tells such a node from a
    /// frozen one.
    private func findSilent(
        _ address: NodeAddress, _ deadline: NIODeadline, _ timeout: Duration
    ) async -> (ProbeResult.Finding, String) {
        do throws(KumaCallError) {
            let answer = try await client.send(.GET, "/", to: address, authorization: nil, deadline: deadline)
            if answer.status < 500 { return (.degraded, "its health check hangs, and it serves pages") }
        } catch {
            // Whatever it was, the node did not answer: told below.
        }
        return (.unhealthy, "timed out after \(HTTPNodeProbe.seconds(timeout)) s")
    }

    private enum Outcome {
        case found(ProbeResult.Finding, String)
        case noSuchPath
        case timedOut
    }

    private func ask(
        _ path: String, at address: NodeAddress, over carrier: KumaHTTPClient.Carrier, _ deadline: NIODeadline
    ) async -> Outcome {
        do throws(KumaCallError) {
            let answer = try await client.send(
                .GET, path, to: address, over: carrier, authorization: nil, deadline: deadline)
            switch HealthAnswer(answer) {
            case .healthy: return .found(.healthy, "answered \(answer.status)")
            case .degraded(let reason): return .found(.degraded, reason)
            case .unhealthy(let reason): return .found(.unhealthy, reason)
            case .noSuchPath: return .noSuchPath
            }
        } catch {
            switch error {
            case .notConnected(let reason), .broken(let reason): return .found(.unhealthy, reason)
            case .timedOut: return .timedOut
            case .answerTooLarge:
                return .found(.unhealthy, "answered more than \(KumaHTTPClient.answerBytes) bytes")
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

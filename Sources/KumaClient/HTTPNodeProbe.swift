package import ClusterCore
import NIOCore
import NIOHTTP1
import Synchronization

/// Checks a Kuma node by its health path, and a stock Kuma, which has none, by its entry page.
package final class HTTPNodeProbe: NodeProbe {
    /// The cluster fork's health path, without authentication and rate limit (FactsAboutKuma.md).
    package static let healthPath = "/api/v1/health"
    /// What a stock Kuma answers with 200.
    static let entryPath = "/api/entry-page"

    /// From then on a health answer is late, in parts of the time that it may take: whether the node serves pages meanwhile
    /// is asked beside it, so that both questions have an answer when the time is over.
    private static let patience = 0.75

    private let client: KumaHTTPClient
    private let path: String
    private let connectLimit: Duration?
    /// Addresses that answered 404 on `path`: the entry page is asked there at once. At most `RoutingLimits.nodes`.
    private let stockNodes = Mutex<Set<NodeAddress>>([])

    /// - Parameters:
    ///   - path: asked first; begins with a slash.
    ///   - connectLimit: how long making the connection may take; nil: as long as the whole check.
    package init(
        client: KumaHTTPClient, path: String = HTTPNodeProbe.healthPath, connectLimit: Duration? = nil
    ) {
        self.client = client
        self.path = path
        self.connectLimit = connectLimit
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

    /// The health path may take the whole of the time.
    private func find(
        _ address: NodeAddress, over carrier: KumaHTTPClient.Carrier, from begin: NIODeadline, _ timeout: Duration
    ) async -> (ProbeResult.Finding, String) {
        let deadline = begin + TimeAmount(timeout)
        let pages = PageQuestion { [client] in
            // Whatever else comes of it, the node serves no pages.
            let answer = try? await client.send(.GET, "/", to: address, authorization: nil, deadline: deadline)
            return answer.map { $0.status < 500 } ?? false
        }
        let reminder = KumaCall.Reminder(at: begin + TimeAmount(timeout * HTTPNodeProbe.patience)) { pages.ask() }
        let plan = Plan(address: address, carrier: carrier, deadline: deadline, reminder: reminder)
        let isStock = stockNodes.withLock { $0.contains(address) }
        var outcome = await ask(isStock ? HTTPNodeProbe.entryPath : path, plan)
        if case .noSuchPath = outcome, !isStock {
            remember(address)
            outcome = await ask(HTTPNodeProbe.entryPath, plan)
        }
        if case .found(.healthy, _) = outcome {
        } else if isStock {
            // A node that was stock may have been upgraded: ask for its health path again.
            forget(address)
        }
        switch outcome {
        case .found(let finding, let detail):
            pages.drop()
            return (finding, detail)
        case .noSuchPath:
            pages.drop()
            return (.unhealthy, "answered 404 on \(HTTPNodeProbe.entryPath)")
        case .timedOut:
            // A frozen database makes the health answer hang while Kuma goes on serving (FactsAboutKuma.md): then all
            // nodes would seem dead at once, and every client's connection would be reset. A page that needs no database
            // tells such a node from a frozen one.
            guard await !pages.isAnswered() else { return (.degraded, "its health check hangs, and it serves pages") }
            return (.unhealthy, "timed out after \(HTTPNodeProbe.seconds(timeout)) s")
        }
    }

    /// What the questions of one check have in common.
    private struct Plan {
        let address: NodeAddress
        let carrier: KumaHTTPClient.Carrier
        let deadline: NIODeadline
        let reminder: KumaCall.Reminder
    }

    private enum Outcome {
        case found(ProbeResult.Finding, String)
        case noSuchPath
        case timedOut
    }

    private func ask(_ path: String, _ plan: Plan) async -> Outcome {
        let question: HealthAnswer.Question =
            switch path {
            case HTTPNodeProbe.healthPath: .report
            case HTTPNodeProbe.entryPath: .entryPage
            case _: .other
            }
        do throws(KumaCallError) {
            let answer = try await client.send(
                .GET, path, to: plan.address, over: plan.carrier, authorization: nil, deadline: plan.deadline,
                connectLimit: connectLimit, reminder: plan.reminder)
            switch HealthAnswer(answer, to: question) {
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

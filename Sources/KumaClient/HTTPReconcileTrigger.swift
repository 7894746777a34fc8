package import ClusterCore
import NIOCore
import NIOHTTP1
package import Secrets

/// Makes a node re-read its assignments at once, or start one monitor anew. It says precisely how far a failed call got,
/// because one that may have arrived must not be repeated (FactsAboutKuma.md).
package struct HTTPReconcileTrigger: ReconcileTrigger {
    private static let path = "/api/v1/reconcile-monitors"

    private let client: KumaHTTPClient
    private let authorization: Secret

    /// - Parameter apiKey: a JWT, or an API key of Kuma.
    package init(client: KumaHTTPClient, apiKey: Secret) {
        self.client = client
        authorization = HTTPReconcileTrigger.authorization(apiKey)
    }

    /// FactsAboutKuma.md: `Bearer <JWT>` or an API key. A JWT begins with an encoded `{"` (RFC 7519 §3.1).
    static func authorization(_ apiKey: Secret) -> Secret {
        apiKey.revealed.hasPrefix("eyJ") ? Secret("Bearer \(apiKey.revealed)") : apiKey
    }

    /// A POST over a connection of its own. An answer that is too large to be read counts as done, whatever its status was.
    package func reconcile(_ address: NodeAddress, timeout: Duration) async -> ReconcileOutcome {
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        do throws(KumaCallError) {
            let answer = try await client.send(
                .POST, HTTPReconcileTrigger.path, to: address, authorization: authorization, deadline: deadline)
            return (200..<300).contains(answer.status) ? .done : .refused(detail: "answered \(answer.status)")
        } catch {
            switch error {
            case .notConnected(let reason): return .notSent(detail: reason)
            case .broken(let reason): return .unknown(detail: reason)
            case .timedOut: return .unknown(detail: "timed out")
            case .answerTooLarge: return .done
            }
        }
    }
}

extension HTTPReconcileTrigger: MonitorRefresher {
    /// An update that changes nothing: Kuma stores the monitor as it is and starts it anew from that (FactsAboutKuma.md).
    package func refresh(_ monitor: MonitorID, at address: NodeAddress, timeout: Duration) async -> RefreshOutcome {
        do throws(KumaCallError) {
            let answer = try await client.send(
                .PUT, "/api/v1/monitors/\(monitor)", json: "{}", to: address, authorization: authorization,
                deadline: NIODeadline.now() + TimeAmount(timeout))
            switch answer.status {
            case 200..<300: return .done
            case 429: return .tooMany
            case _: return .refused(detail: "answered \(answer.status)")
            }
        } catch {
            switch error {
            case .notConnected(let reason), .broken(let reason): return .unanswered(detail: reason)
            case .timedOut: return .unanswered(detail: "timed out")
            case .answerTooLarge: return .done
            }
        }
    }
}

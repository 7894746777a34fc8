package import ClusterCore
import NIOCore
import NIOHTTP1

extension KumaHTTPClient {
    /// A page as a client without rights sees it: nothing is followed, nothing is tried again on a fresh connection but what
    /// a kept one broke.
    /// - Parameters:
    ///   - target: path and query, which begin with a slash.
    ///   - limit: for the whole of it, the connection included.
    /// - Throws: how far it got. An answer of any status is an answer.
    package func page(
        _ target: String, of address: NodeAddress, within limit: Duration
    ) async throws(KumaCallError) -> KumaAnswer {
        try await send(
            .GET, target, to: address, over: .kept, authorization: nil, deadline: .now() + TimeAmount(limit))
    }
}

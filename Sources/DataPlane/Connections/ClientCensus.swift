import ClusterCore
import Synchronization

/// How many connections each client has, over all reactors: for `LB_MAX_CONNECTIONS_PER_CLIENT`.
///
/// Shared, because one client's connections are spread over the reactors; behind a lock, which is taken twice in the life of
/// a connection and only where a limit was asked for. Holds an entry only for a client that has connections now, so
/// `LB_MAX_CONNECTIONS` bounds it.
final class ClientCensus: Sendable {
    private let limit: Int
    private let counts = Mutex<[IPAddress: Int]>([:])

    /// - Parameter limit: connections of one client; 0: no limit, and nothing is counted.
    init(limit: Int) { self.limit = limit }

    enum Decision { case unlimited, admitted, turnedAway }

    func enter(_ address: IPAddress) -> Decision {
        guard limit > 0 else { return .unlimited }
        let client = ClientCensus.client(address)
        return counts.withLock { counts in
            let count = counts[client, default: 0]
            guard count < limit else { return .turnedAway }
            counts[client] = count + 1
            return .admitted
        }
    }

    /// Of an address that was admitted.
    func leave(_ address: IPAddress) {
        let client = ClientCensus.client(address)
        counts.withLock { counts in
            guard let count = counts[client], count > 1 else {
                counts[client] = nil
                return
            }
            counts[client] = count - 1
        }
    }

    /// Clients that have connections now.
    var clientCount: Int { counts.withLock(\.count) }

    /// An IPv6 address stands for its /64.
    private static func client(_ address: IPAddress) -> IPAddress {
        address.isIPv4 ? address : IPAddress(high: address.high, low: 0)
    }
}

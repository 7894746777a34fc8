/// A resolved address: what connect(2) needs, with no name left to look up. The control plane resolves, the data plane
/// connects; a reactor never waits for a resolver.
package enum SocketAddress: Hashable, Sendable {
    /// `octets` in network order, first octet in the highest byte.
    case ipv4(octets: UInt32, port: UInt16)
    /// `high` holds the first eight octets in network order, `low` the last eight; `scope` is the interface index or 0.
    case ipv6(high: UInt64, low: UInt64, port: UInt16, scope: UInt32)

    /// 0 where it is to be filled in, as in the answers of a resolver.
    package var port: UInt16 {
        switch self {
        case .ipv4(_, let port): port
        case .ipv6(_, _, let port, _): port
        }
    }
}

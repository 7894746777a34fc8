import ClusterCore
import HTTPFraming
import Synchronization

extension Reactor {
    /// What a look at the first bytes of a proxy's connection came to.
    enum ProxyHeaderVerdict {
        /// That many bytes are a header; what follows is HTTP. 0: there is none, and all of it is HTTP.
        case passed(Int)
        case needMore
        /// The connection was closed or answered.
        case ended
    }

    /// Looks for the header that names the client, before the first byte of HTTP; then the connection is that client's.
    /// - Parameter bytes: all that came on the connection.
    func readProxyHeader(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) -> ProxyHeaderVerdict {
        switch ProxyHeaderSniffer.sniff(bytes) {
        case .needMore: return .needMore
        case .absent:
            slot.pointee.proxyHeader = .passed
            return .passed(0)
        case .malformed:
            closeAsNotHTTP(slot)
            return .ended
        case .complete(let client, let count):
            slot.pointee.proxyHeader = .passed
            switch client {
            case .proxyItself: break
            case .unnamed: takeClient(slot, Reactor.nobody)
            case .ipv4(let octets, let port): takeClient(slot, .ipv4(octets: octets, port: port))
            case .ipv6(let high, let low, let port): takeClient(slot, .ipv6(high: high, low: low, port: port, scope: 0))
            }
            if slot.pointee.phase != .sniffing { return .ended }
            armFirstRequest(slot)
            return .passed(count)
        }
    }

    /// The connection is a client's from here on. A proxy that passes bytes cannot have written the request's fields: they
    /// are the client's own words, and Kuma would believe the first address in them.
    private func takeClient(_ slot: Slot, _ client: SocketAddress) {
        // Loopback there is the proxy's machine: here it would make its users administrators.
        let isNobody = client == Reactor.nobody || AddressRange.loopback.contains { $0.contains(client.ip) }
        slot.pointee.peer = isNobody ? Reactor.nobody : client
        slot.pointee.trust = isNobody ? .untrusted : trust(of: client)
        if !isNobody { joinCensus(slot) }
    }

    /// The unspecified address (RFC 6890 §2.2.2): a client that no rule about addresses can mean.
    private static let nobody = SocketAddress.ipv4(octets: 0, port: 0)

    /// Without a word: whoever is there does not speak HTTP.
    func closeAsNotHTTP(_ slot: Slot) {
        facts.notHTTP.wrappingAdd(1, ordering: .relaxed)
        closeConnection(slot)
    }
}

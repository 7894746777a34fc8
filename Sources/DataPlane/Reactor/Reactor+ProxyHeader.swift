import ClusterCore
import HTTPFraming
import Logging
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
        case .malformed(let fault):
            logRefused(fault, slot, bytes)
            countAsNotHTTP(slot)
            return .ended
        case .complete(let client, let transport, let count):
            slot.pointee.proxyHeader = .taken
            slot.pointee.transport = transport
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
    /// - Parameter bytes: all that came since the last request.
    func closeAsNotHTTP(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) {
        if ProxyHeaderSniffer.isHeader(bytes) { logUnwanted(slot) }
        countAsNotHTTP(slot)
    }

    private func countAsNotHTTP(_ slot: Slot) {
        facts.notHTTP.wrappingAdd(1, ordering: .relaxed)
        closeConnection(slot)
    }

    // MARK: What the operator learns

    /// A trusted proxy's header cannot be read.
    private func logRefused(_ fault: ProxyHeaderFault, _ slot: Slot, _ bytes: UnsafeRawBufferPointer) {
        guard let heldBack = malformedHeaders.next(now: now) else { return }
        logger.warning(
            "closed a trusted proxy's connection: its PROXY protocol header is malformed",
            metadata: [
                "peer": "\(slot.pointee.peer)", "reason": "\(fault.rawValue)",
                "header_bytes": "\(ProxyHeaderSniffer.announcedBytes(bytes))", "held_back": "\(heldBack)",
            ])
    }

    /// Somebody sent a header who may not, or at a place where none belongs.
    private func logUnwanted(_ slot: Slot) {
        guard let heldBack = unwantedHeaders.next(now: now) else { return }
        let reason =
            switch (slot.pointee.proxyHeader, configuration.proxyProtocol) {
            case (.taken, _): "a second header on one connection"
            case (_, .off): "LB_PROXY_PROTOCOL is off"
            case (.awaited, .accept), (.passed, .accept):
                "not from an address in LB_TRUSTED_PROXIES, or not at the beginning"
            }
        logger.notice(
            "closed a connection that began with a PROXY protocol header",
            metadata: ["peer": "\(slot.pointee.peer)", "reason": "\(reason)", "held_back": "\(heldBack)"])
    }
}

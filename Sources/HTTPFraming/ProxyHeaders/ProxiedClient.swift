/// Who a proxy says the client is (PROXY protocol, haproxy's proxy-protocol.txt).
package enum ProxiedClient: Equatable, Sendable {
    /// The proxy speaks for itself (`LOCAL`, a health check): the peer that we see is the client.
    case proxyItself
    /// The proxy passes on somebody's bytes and cannot say whose (`UNKNOWN`, `UNSPEC`, a Unix socket).
    case unnamed
    /// `octets` in network order, first octet in the highest byte.
    case ipv4(octets: UInt32, port: UInt16)
    /// `high` holds the first eight octets in network order, `low` the last eight.
    case ipv6(high: UInt64, low: UInt64, port: UInt16)
}

/// How the client's connection came to whoever took it first.
package enum ClientTransport: Sendable {
    /// Without TLS, or nobody says.
    case plain
    /// With TLS, as a trusted proxy says that ended it.
    case tls
}

/// Why bytes that begin like a header are none. The raw value is the word for the log.
package enum ProxyHeaderFault: String, Equatable, Sendable, CaseIterable {
    /// A line of version 1 that is not by its grammar.
    case badLine = "bad_line"
    /// No line's end within `ProxyHeaderSniffer.lineBytes`.
    case lineTooLong = "line_too_long"
    /// A binary header of another version than 2.
    case unknownVersion = "unknown_version"
    /// Neither `LOCAL` nor `PROXY`.
    case unknownCommand = "unknown_command"
    /// A family of addresses that nobody has defined, or datagrams, which do not come on a stream.
    case unknownFamily = "unknown_family"
    /// Its 16 bytes and what they announce are more than `ProxyHeaderSniffer.longestBytes`.
    case headerTooLong = "header_too_long"
    /// The length announced has no room for the addresses of that family.
    case noRoomForAddresses = "no_room_for_addresses"
    /// A TLV that ends behind the header, or is not as long as its type demands.
    case badTLVLength = "bad_tlv_length"
}

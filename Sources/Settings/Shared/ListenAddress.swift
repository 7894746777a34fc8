package import ClusterCore

/// One address to listen on: numeric, so that starting never waits for a resolver.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// `0.0.0.0` or `::` for every interface.
    package let ip: IPAddress
    /// 0 lets the kernel choose.
    package let port: UInt16
    private let text: String

    package var description: String { text }

    /// Reads `0.0.0.0:8084`, `[::]:8084` or `:8084`, which is every IPv4 address. Port 0 lets the kernel choose.
    package init(parsing text: String) throws(SettingRefusal) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw SettingRefusal("has no port; write for example 0.0.0.0:8084")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw SettingRefusal("write an IPv6 address in brackets: [::]:8084")
        }
        guard let ip = IPAddress(parsing: host.isEmpty ? "0.0.0.0" : host) else {
            throw SettingRefusal("is no numeric address")
        }
        self.ip = ip
        self.port = port
        self.text = host.contains(":") ? "[\(host)]:\(port)" : "\(host.isEmpty ? "0.0.0.0" : host):\(port)"
    }

    /// As the data plane takes it.
    package var socketAddress: SocketAddress {
        ip.isIPv4
            ? .ipv4(octets: UInt32(truncatingIfNeeded: ip.low), port: port)
            : .ipv6(high: ip.high, low: ip.low, port: port, scope: 0)
    }
}

extension Setting where Value == ListenAddress? {
    /// An address that is served only where it is set, and on the loopback interface where it is a mere port.
    package static func address(_ key: String, _ meaning: String) -> Setting {
        .optional(key, meaning, expected: "`address:port`, or a port of the loopback interface") {
            text throws(SettingRefusal) in
            try ListenAddress(parsing: UInt16(text) == nil ? text : "127.0.0.1:\(text)")
        }
    }
}

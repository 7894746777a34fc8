/// Where a Kuma node listens, as its `host` column says: `name:port`, `name` (Kuma's default port) or `[v6]:port`.
package struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    /// Kuma's own default (`UPTIME_KUMA_PORT`), used where the column names no port.
    package static let defaultPort: UInt16 = 3001

    /// A name or an address; an IPv6 address without its brackets.
    package let host: String
    package let port: UInt16
    /// What the name stood for when it was looked up: to be connected to, with no resolver asked. The name stays what the
    /// node is called by.
    package let resolved: SocketAddress?

    package init(host: String, port: UInt16, resolved: SocketAddress? = nil) {
        self.host = host
        self.port = port
        self.resolved = resolved
    }

    /// The same, to be reached at `address`.
    package func reached(at address: SocketAddress) -> NodeAddress {
        NodeAddress(host: host, port: port, resolved: address)
    }

    /// - Parameter defaultPort: where the text names none.
    /// - Throws: `InvalidNodeAddress` when the host is empty, has white space or an `@`, or the port is not 1 to 65535.
    package init(
        parsing text: String, defaultPort: UInt16 = NodeAddress.defaultPort
    ) throws(InvalidNodeAddress) {
        let (host, portText) = NodeAddress.split(text)
        let isNameable = !host.isEmpty && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
        guard isNameable, !text.utf8.contains(UInt8(ascii: "@")) else { throw InvalidNodeAddress(text: text) }
        guard let portText else {
            self.init(host: host, port: defaultPort)
            return
        }
        guard let port = UInt16(portText), port > 0 else { throw InvalidNodeAddress(text: text) }
        self.init(host: host, port: port)
    }

    private static func split(_ text: String) -> (host: String, port: Substring?) {
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            let host = String(text[text.index(after: text.startIndex)..<close])
            let rest = text[text.index(after: close)...]
            return (host, rest.hasPrefix(":") ? rest.dropFirst() : rest.isEmpty ? nil : rest)
        }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        guard colons == 1, let colon = text.firstIndex(of: ":") else { return (text, nil) }
        return (String(text[..<colon]), text[text.index(after: colon)...])
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A `host` column that names no address one could connect to.
package struct InvalidNodeAddress: Error, Equatable, CustomStringConvertible {
    /// As it was given. What stands before an `@` may be a password: only `description` is for a log.
    package let text: String

    package var description: String {
        // What stands before an @ may be a password.
        let shown = text.utf8.contains(UInt8(ascii: "@")) ? "what has an @" : "\"\(text)\""
        return "\(shown) is not an address: write name:port, for example uptime-kuma-node1:3001"
    }
}

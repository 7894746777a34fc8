/// One database host of `DB_HOST`.
package struct Host: Sendable, Hashable, CustomStringConvertible {
    /// MariaDB's registered port.
    package static let defaultPort: UInt16 = 3306
    /// Most hosts in one list: a Galera cluster has three to seven; each costs a connect timeout when it is down.
    package static let maximumCount = 16

    /// A name or an address, an IPv6 address without its brackets.
    package let name: String
    package let port: UInt16

    /// Takes the name as it is; only `list(parsing:)` checks one.
    package init(_ name: String, port: UInt16 = Host.defaultPort) {
        self.name = name
        self.port = port
    }

    /// Reads `a,b:3307,[::1]:3308`: the hosts to try, in this order.
    /// - Parameter defaultPort: `DB_PORT`, for the hosts that name no port.
    /// - Throws: `InvalidHostList` when an item is empty, has a blank within, a `/`, an `@` or a byte beyond visible ASCII,
    ///   or its port is not 1 to 65535, or there are more than `maximumCount`.
    package static func list(
        parsing text: String, defaultPort: UInt16 = Host.defaultPort
    ) throws(InvalidHostList) -> [Host] {
        // Before it is taken apart: a comma may be the password's.
        guard !text.utf8.contains(UInt8(ascii: "@")) else {
            throw InvalidHostList(item: nil, problem: "a host stands without user and password (not shown)")
        }
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        guard items.count <= maximumCount else {
            throw InvalidHostList(item: text, problem: "at most \(maximumCount) hosts")
        }
        var hosts: [Host] = []
        for item in items {
            hosts.append(try one(parsing: trimmed(item), defaultPort: defaultPort))
        }
        return hosts
    }

    private static func one(parsing item: Substring, defaultPort: UInt16) throws(InvalidHostList) -> Host {
        let (name, port) = split(item)
        let isNameable = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
        guard isNameable else { throw InvalidHostList(item: String(item), problem: "expected a host name") }
        guard let port else { return Host(String(name), port: defaultPort) }
        guard let number = UInt16(port), number > 0 else {
            throw InvalidHostList(item: String(item), problem: "the port must be 1 to 65535")
        }
        return Host(String(name), port: number)
    }

    private static func split(_ item: Substring) -> (name: Substring, port: Substring?) {
        if item.hasPrefix("["), let close = item.firstIndex(of: "]") {
            let rest = item[item.index(after: close)...]
            // Something other than a colon behind the bracket is refused, as an empty port is.
            let port = rest.hasPrefix(":") ? rest.dropFirst() : ""
            return (item[item.index(after: item.startIndex)..<close], rest.isEmpty ? nil : port)
        }
        let colons = item.utf8.count { $0 == UInt8(ascii: ":") }
        guard colons == 1, let colon = item.firstIndex(of: ":") else { return (item, nil) }
        return (item[..<colon], item[item.index(after: colon)...])
    }

    private static func trimmed(_ item: Substring) -> Substring {
        var item = item
        while item.first == " " { item.removeFirst() }
        while item.last == " " { item.removeLast() }
        return item
    }

    package var description: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }
}

/// A `DB_HOST` that cannot be understood.
package struct InvalidHostList: Error, Equatable, CustomStringConvertible {
    /// Nil where it may hold a password.
    package let item: String?
    /// For people; stands alone, or behind the item.
    package let problem: String

    package var description: String { (item.map { "\"\($0)\": " } ?? "") + problem }
}

package import PrivateMariaDB

/// Ports for the demo's parts: see `ReservedPorts`.
package enum FreePorts {
    package static let range = ReservedPorts.range

    /// `count` ports in a row, all free on all of this machine's IPv4 addresses.
    package static func consecutive(_ count: Int) throws(NoFreePort) -> [UInt16] { try ReservedPorts.take(count) }

    /// Whether one could listen on the port now.
    package static func isFree(_ port: UInt16) -> Bool { ReservedPorts.isFree(port) }
}

import Glibc

/// Finds ports that are free now and that the kernel gives to nobody by itself.
///
/// They lie below the ephemeral range (32768 and up, ip(7) `ip_local_port_range`): otherwise an outgoing connection could
/// take the port of a killed node, and connecting to it could even connect to itself.
package enum FreePorts {
    package static let range: ClosedRange<UInt16> = 20_000...32_000
    /// Far more tries than any machine needs; above: give up with an error.
    package static let attempts = 2_000

    /// `count` ports in a row, all free on all of this machine's IPv4 addresses.
    package static func consecutive(_ count: Int) throws(NoFreePort) -> [UInt16] {
        for _ in 0..<attempts {
            let first = UInt16.random(in: range.lowerBound...(range.upperBound - UInt16(count)))
            let ports = (0..<count).map { first + UInt16($0) }
            if ports.allSatisfy(isFree) { return ports }
        }
        throw NoFreePort()
    }

    /// Whether one could listen on the port now.
    package static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        // SAFETY: the kernel reads four octets of `reuse` during the call.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_ANY
        // SAFETY: a sockaddr_in is a sockaddr of the length given, and lives for the whole call.
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return bound == 0 && listen(descriptor, 1) == 0
    }
}

package struct NoFreePort: Error, CustomStringConvertible {
    package var description: String {
        "no free port between \(FreePorts.range.lowerBound) and \(FreePorts.range.upperBound)"
    }
}

import Glibc
import Synchronization

/// Ports that are free now, that no other process of ours gets, and that the kernel gives to nobody by itself.
///
/// They lie below the ephemeral range (32768 and up, ip(7) `ip_local_port_range`): otherwise an outgoing connection could
/// take the port of a killed node, and connecting to it could even connect to itself. And they are taken from blocks that
/// a process claims for as long as it lives: test processes and demos that run side by side never meet, not even on the
/// port of a server that was killed and is to come back. Two balancers that met would not even notice: they share a port.
package enum ReservedPorts {
    /// Room for 240 blocks.
    package static let range: ClosedRange<UInt16> = 20_000...31_999
    /// More than the largest demo needs at once.
    package static let blockLength = 50
    /// Far more tries than any machine needs; above: give up with an error.
    private static let attempts = 2_000

    private struct Block {
        var next: UInt16
        let end: UInt16
    }

    /// What is left of the block claimed last; no port is given out twice.
    private static let current = Mutex(Block(next: 0, end: 0))

    /// `count` ports in a row, at most a block's length, all free on all of this machine's IPv4 addresses.
    package static func take(_ count: Int) throws(NoFreePort) -> [UInt16] {
        let taken = current.withLock { block -> [UInt16]? in
            for _ in 0..<attempts {
                if Int(block.next) + count > Int(block.end) {
                    guard count <= blockLength, let claimed = claimBlock() else { return nil }
                    block = claimed
                }
                let ports = (0..<count).map { block.next + UInt16($0) }
                block.next += UInt16(count)
                if ports.allSatisfy(isFree) { return ports }
            }
            return nil
        }
        guard let taken else { throw NoFreePort() }
        return taken
    }

    private static func claimBlock() -> Block? {
        let blocks = range.count / blockLength
        let first = Int.random(in: 0..<blocks)
        for offset in 0..<blocks {
            let start = range.lowerBound + UInt16((first + offset) % blocks * blockLength)
            if isClaimed(start) { return Block(next: start, end: start + UInt16(blockLength)) }
        }
        return nil
    }

    /// Binds the block's name in the abstract namespace (unix(7)), which belongs to the network namespace as ports do: one
    /// process can have it, and the kernel frees it however that process ends. The descriptor stays open on purpose.
    private static func isClaimed(_ start: UInt16) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array("\0kuma-ports-\(start)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        // SAFETY: a sockaddr_un is a sockaddr, at least of the length given, and lives for the whole call.
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        if bound != 0 { close(descriptor) }
        return bound == 0
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

/// Every block is claimed, no run of ports as long as was asked for is free, or more were asked for than a block has.
package struct NoFreePort: Error, CustomStringConvertible {
    package var description: String {
        "no free port between \(ReservedPorts.range.lowerBound) and \(ReservedPorts.range.upperBound)"
    }
}

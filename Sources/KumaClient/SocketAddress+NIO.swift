import ClusterCore
import NIOCore

extension NIOCore.SocketAddress {
    /// What NIO connects to for an address that was looked up; nil for a link-local one, whose interface NIO takes from a
    /// resolver only.
    init?(lookedUp address: ClusterCore.SocketAddress) {
        var octets = ByteBuffer()
        switch address {
        case .ipv4(let number, _): octets.writeInteger(number)
        case .ipv6(let high, let low, _, 0): octets.writeMultipleIntegers(high, low)
        case .ipv6: return nil
        }
        guard let found = try? NIOCore.SocketAddress(packedIPAddress: octets, port: Int(address.port)) else {
            return nil
        }
        self = found
    }
}

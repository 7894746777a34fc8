import ClusterCore
import Glibc

extension SocketAddress {
    /// AF_INET or AF_INET6.
    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        }
    }

    /// Calls `body` with the address in the kernel's form.
    func withKernelForm<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch self {
        case .ipv4(let octets, let port):
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            form.sin_addr.s_addr = octets.bigEndian
            // SAFETY: the kernel's forms share their head; the pointer lives for the call only.
            return withUnsafePointer(to: &form) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .ipv6(let high, let low, let port, let scope):
            var form = sockaddr_in6()
            form.sin6_family = sa_family_t(AF_INET6)
            form.sin6_port = port.bigEndian
            form.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &form.sin6_addr) {
                $0.storeBytes(of: high.bigEndian, as: UInt64.self)
                $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            // SAFETY: as above.
            return withUnsafePointer(to: &form) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }

    /// Lets `fill` write an address in the kernel's form, as accept4(2) and getsockname(2) do, and reads it.
    /// - Returns: what `fill` answered, and the address; nil for a family that is not IP.
    static func reading<Answer>(
        _ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Answer
    ) -> (answer: Answer, address: SocketAddress?) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // SAFETY: sockaddr_storage is large and aligned enough for every family (socket(7)); the pointers live for the
        // calls only, and each rebinding is to the family that the kernel wrote.
        return withUnsafeMutablePointer(to: &storage) { storage in
            let answer = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { fill($0, &length) }
            switch Int32(storage.pointee.ss_family) {
            case AF_INET:
                let form = UnsafeRawPointer(storage).load(as: sockaddr_in.self)
                return (
                    answer,
                    .ipv4(octets: UInt32(bigEndian: form.sin_addr.s_addr), port: UInt16(bigEndian: form.sin_port))
                )
            case AF_INET6:
                let form = UnsafeRawPointer(storage).load(as: sockaddr_in6.self)
                let (high, low) = withUnsafeBytes(of: form.sin6_addr) {
                    ($0.load(as: UInt64.self), $0.load(fromByteOffset: 8, as: UInt64.self))
                }
                return (
                    answer,
                    .ipv6(
                        high: UInt64(bigEndian: high), low: UInt64(bigEndian: low),
                        port: UInt16(bigEndian: form.sin6_port), scope: form.sin6_scope_id)
                )
            case _: return (answer, nil)
            }
        }
    }
}

/// The path of a Unix socket in the kernel's form, checked once at start.
struct UnixSocketPath: Sendable {
    private let path: [UInt8]

    /// Nil when the path is empty or does not fit `sun_path` with its final NUL (unix(7): 108 bytes).
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count < 108, !bytes.contains(0) else { return nil }
        path = bytes
    }

    func withKernelForm<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var form = sockaddr_un()
        form.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &form.sun_path) { $0.copyBytes(from: path) }
        // SAFETY: as for the IP families.
        return withUnsafePointer(to: &form) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

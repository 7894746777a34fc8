import Glibc

/// An address of this machine from which nothing comes back, as from a machine that is gone: a listener whose queue is full
/// drops what asks to be let in (listen(2)).
final class SilentAddress {
    struct CannotMake: Error {
        let call: String
        let code: Int32
    }

    private var descriptors: [Int32] = []

    /// - Parameter address: of 127.0.0.0/8, with `port` free there.
    init(_ address: String, port: UInt16) throws {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        let listener = try make()
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: a sockaddr_in is what bind(2) and connect(2) expect behind a sockaddr of AF_INET.
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
        }
        guard bound == 0, listen(listener, 0) == 0 else { throw CannotMake(call: "bind, listen", code: errno) }
        // One more than the queue has room for; the kernel adds one to what listen(2) was given.
        for _ in 0..<3 {
            let client = try make()
            // SAFETY: as above.
            _ = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, length) }
            }
        }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    private func make() throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw CannotMake(call: "socket", code: errno) }
        descriptors.append(descriptor)
        return descriptor
    }
}

import Glibc

/// Finds what Debian's mariadb-server package installs: also in /usr/sbin, which is not in every user's PATH.
enum Executables {
    private static let directories = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]

    static func find(_ name: String) throws(PrivateMariaDBError) -> String {
        for directory in directories {
            let path = directory + "/" + name
            if access(path, X_OK) == 0 { return path }
        }
        throw .notInstalled(executable: name)
    }

    /// mariadbd refuses to run as root unless it is told to.
    static var userArgument: [String] { geteuid() == 0 ? ["--user=root"] : [] }
}

/// A TCP port of 127.0.0.1 that nobody listens on.
enum FreePort {
    /// The kernel picks one that is free now; somebody else could take it before the server does, and then the start fails
    /// with the reason in its log.
    static func find() throws(PrivateMariaDBError) -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .cannotPrepare(reason: "no socket: error \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            // SAFETY: a sockaddr_in is what bind(2) and getsockname(2) expect behind a sockaddr of AF_INET.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard outcome else { throw .cannotPrepare(reason: "no free port: error \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }
}
